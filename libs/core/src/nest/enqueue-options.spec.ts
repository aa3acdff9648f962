import 'reflect-metadata';
import { Injectable, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Enqueue, JobEvents, JobsModule, defineJob, type EnqueueFn, type JobsOptions } from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';
import { enqueueOptions, withDefaults } from './enqueue-options.js';

const Report = defineJob()('report:monthly');

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

async function boot(host: Type, options: JobsOptions = {}): Promise<INestApplicationContext> {
  const app = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ logger: silentLogger, ...options })],
    providers: [host],
  }).compile();
  started.push(app);
  return app.init();
}

describe('options of each enqueue', () => {
  it('are the defaults with what is said; undefined is not said', () => {
    expect(withDefaults({ delay: '10m', priority: 2 }, undefined)).toEqual({ delay: '10m', priority: 2 });
    expect(withDefaults({ delay: '10m' }, { delay: undefined, id: 'a' })).toEqual({
      delay: '10m',
      id: 'a',
    });
    expect(enqueueOptions({ queue: 'slow', enqueue: { queue: undefined } })).toEqual({
      queue: 'slow',
    });
  });

  it('have the said one of delay and runAt', () => {
    const runAt = new Date(0);
    expect(withDefaults({ delay: '10m' }, { runAt })).toEqual({ runAt });
    expect(withDefaults({ runAt }, { delay: 5 })).toEqual({ delay: 5 });
    expect(withDefaults({}, { runAt, delay: 5 })).toEqual({ runAt, delay: 5 });
  });

  it('reach the job through a property', async () => {
    @Injectable()
    class Reports {
      @Enqueue(Report, { enqueue: { delay: '10m' } }) readonly later!: EnqueueFn<typeof Report>;
    }
    const app = await boot(Reports);
    const recorder = new Recorder();
    app.get(JobEvents).events$.subscribe(recorder.observer);
    await app.get(Reports).later({}, { delay: undefined });
    const { at, notBefore } = await recorder.next('enqueued');
    expect(notBefore! - at).toBeGreaterThan(500_000);
    const runAt = new Date(Date.now() + 1_000);
    await app.get(Reports).later({}, { runAt });
    expect((await recorder.next('enqueued')).notBefore).toBe(runAt.getTime());
    await expect(app.get(Reports).later({}, null as never)).rejects.toThrow(/not an object of options/);
  });
});

describe.each([
  ['a worker', {}],
  ['a producer', { worker: false as const }],
])('the boot of %s refuses @Enqueue', (_kind, options: JobsOptions) => {
  it('on a property with options that it would not heed', async () => {
    @Injectable()
    class Reports {
      @Enqueue(Report, { attempts: 7, retryIf: () => true, delay: 5 } as never) send!: EnqueueFn<
        typeof Report
      >;
    }
    await expect(boot(Reports, options)).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/Reports\.send: @Enqueue option attempts: .*enqueue: \{ attempts: … \}/),
        expect.stringMatching(/Reports\.send: @Enqueue option retryIf: .*where the job is handled/),
        expect.stringMatching(/Reports\.send: @Enqueue option delay: .*no such option.*'enqueue\.delay'/),
      ],
    });
  });

  it('with wrong options of the enqueue', async () => {
    @Injectable()
    class Reports {
      @Enqueue(Report, { enqueue: { delay: 'soon' as never } }) send!: EnqueueFn<typeof Report>;
      @Enqueue('report:yearly', { enqueue: 'fast' as never })
      async yearly(): Promise<void> {
        await Promise.resolve();
      }
    }
    const error = await boot(Reports, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      problems: expect.arrayContaining([
        expect.stringMatching(/^Reports\.send: .*delay: "soon" is not a duration/),
        expect.stringMatching(/^Reports\.yearly: @Enqueue option enqueue: "fast" is not an object/),
      ]) as unknown,
    });
  });

  it.each(['', 'email:', 'no type!'])('of the type %j', async (type) => {
    @Injectable()
    class Emails {
      @Enqueue(type)
      async send(_to: string): Promise<void> {
        await Promise.resolve();
      }
      @Enqueue(type) property: unknown;
    }
    await expect(boot(Emails, options)).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^Emails\.send: @Enqueue\(.*no job type that can be enqueued/),
        expect.stringMatching(/^Emails\.property: @Enqueue\(.*no job type that can be enqueued/),
      ],
    });
  });

  it('into a queue that is not listed, once for each place', async () => {
    @Injectable()
    class Emails {
      @Enqueue('email:new', { queue: 'blk' })
      async send(_to: string): Promise<void> {
        await Promise.resolve();
      }
      @Enqueue('email:old', { enqueue: { queue: 'blk' } }) property: unknown;
    }
    await expect(boot(Emails, { ...options, queues: { bulk: {} } })).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^Emails\.send: queue 'blk' is not listed.*Did you mean 'bulk'/),
        expect.stringMatching(/^Emails\.property: queue 'blk' is not listed.*Did you mean 'bulk'/),
      ],
    });
  });

  it('on a method with wrong options of a handler', async () => {
    @Injectable()
    class Emails {
      @Enqueue('email:new', { attempts: 0 })
      async send(_to: string): Promise<void> {
        await Promise.resolve();
      }
    }
    await expect(boot(Emails, options)).rejects.toThrow(/Emails\.send: .*attempts: 0 is not/);
  });
});
