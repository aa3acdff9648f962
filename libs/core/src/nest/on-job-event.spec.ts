import 'reflect-metadata';
import { Controller, Injectable, Scope, type INestApplicationContext, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  JobEvents,
  JobHandler,
  JobQueue,
  JobsModule,
  OnJobEvent,
  type ClusterMoment,
  type JobEventKind,
  type JobsOptions,
  type MomentOf,
} from '../index.js';
import { createMemoryBroker } from '../broker/memory/index.js';
import { systemClock } from '../kernel/clock.js';
import { silentLogger } from '../kernel/logger.js';
import { until } from '../testing/until.js';

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0).reverse()) await app.close();
});

async function boot(
  providers: Provider[],
  options: JobsOptions = {},
  controllers: Array<new (...given: never[]) => unknown> = [],
) {
  const imports = [JobsModule.forRoot({ logger: silentLogger, store: false, ...options })];
  const app = await Test.createTestingModule({ imports, providers, controllers }).compile();
  started.push(app);
  return app.init();
}

@Injectable()
class Handlers {
  @JobHandler('email:')
  send(): string {
    return 'sent';
  }

  @JobHandler('report:')
  report(): string {
    return 'made';
  }
}

describe('@OnJobEvent', () => {
  it('is told of the kind, types and queue that it names, on providers and controllers', async () => {
    @Injectable()
    class Alerts {
      readonly heard: string[] = [];

      @OnJobEvent('completed', { type: 'email:*' })
      star({ type }: MomentOf<'completed'>): void {
        this.heard.push(`star ${type}`);
      }

      @OnJobEvent('completed', { type: 'email:' })
      prefix({ type, result }: MomentOf<'completed'>): void {
        this.heard.push(`prefix ${type} ${String(result)}`);
      }

      @OnJobEvent('completed', { type: 'email:new' })
      exact({ type }: MomentOf<'completed'>): void {
        this.heard.push(`exact ${type}`);
      }

      @OnJobEvent('completed', { queue: 'report' })
      @OnJobEvent('enqueued', { queue: 'report' })
      queue({ type, kind }: MomentOf<'completed' | 'enqueued'>): void {
        this.heard.push(`queue ${kind} ${type}`);
      }
    }
    @Controller()
    class Live {
      readonly heard: string[] = [];

      @OnJobEvent('completed', { type: '*' })
      all({ type }: MomentOf<'completed'>): void {
        this.heard.push(type);
      }
    }
    const app = await boot([Handlers, Alerts], {}, [Live]);
    const jobs = app.get(JobQueue);
    const [alerts, live] = [app.get(Alerts), app.get(Live)];
    for (const type of ['email:new', 'email:old', 'report:monthly']) await jobs.enqueue(type, {});
    await until(
      () => live.heard.length === 3 && alerts.heard.length === 7,
      () => `all is heard: ${alerts.heard.join()}`,
    );
    expect(alerts.heard.sort()).toEqual([
      'exact email:new',
      'prefix email:new sent',
      'prefix email:old sent',
      'queue completed report:monthly',
      'queue enqueued report:monthly',
      'star email:new',
      'star email:old',
    ]);
  });

  it('hears other processes with `from: cluster`, and only this one without', async () => {
    @Injectable()
    class Api {
      readonly here: string[] = [];
      readonly everywhere: ClusterMoment[] = [];

      @OnJobEvent('completed')
      local({ jobId }: MomentOf<'completed'>): void {
        this.here.push(jobId);
      }

      @OnJobEvent('completed', { from: 'cluster', type: 'email:*' })
      cluster(moment: ClusterMoment): void {
        this.everywhere.push(moment);
      }
    }
    const broker = createMemoryBroker({ clock: systemClock });
    const brokers = [broker.connect(), broker.connect()] as const;
    const worker = await boot([Handlers], { broker: brokers[0] });
    const api = await boot([Api], { broker: brokers[1], worker: false });
    const fromStream: ClusterMoment[] = [];
    const subscription = api.get(JobEvents).cluster$.subscribe((moment) => fromStream.push(moment));
    const heard = api.get(Api);
    await until(async () => {
      await worker.get(JobQueue).enqueue('email:new', {});
      return heard.everywhere.length > 0;
    }, 'a job of the worker is heard of');
    expect(heard.everywhere[0]).toMatchObject({ kind: 'completed', type: 'email:new', result: 'sent' });
    expect(fromStream.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['started', 'completed']));
    expect(heard.here).toEqual([]);
    subscription.unsubscribe();
    for (const each of [broker, ...brokers]) await each.close();
  });

  it('costs a job nothing when it throws, rejects or never ends', async () => {
    const lines: string[] = [];
    @Injectable()
    class Bad {
      @OnJobEvent('completed')
      throws(): void {
        throw new Error('thrown here');
      }

      @OnJobEvent('completed')
      async rejects(): Promise<void> {
        await Promise.resolve();
        throw new Error('rejected here');
      }

      @OnJobEvent('started')
      hangs(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const logger = { ...silentLogger, error: (line: string) => void lines.push(line) };
    const app = await boot([Handlers, Bad], { logger });
    const done: string[] = [];
    app
      .get(JobEvents)
      .ofKind('completed')
      .subscribe(({ jobId }) => void done.push(jobId));
    for (let index = 0; index < 20; index += 1) await app.get(JobQueue).enqueue('email:new', {});
    await until(() => done.length === 20 && lines.length === 2, 'all jobs completed');
    expect(lines.sort()).toEqual([
      expect.stringMatching(/^@OnJobEvent Bad\.rejects failed at 'completed' of email:new .*rejected here/),
      expect.stringMatching(/^@OnJobEvent Bad\.throws failed at 'completed' of email:new .*thrown here/),
    ]);
  });

  it('names at boot, with class and method, all that is wrong', async () => {
    @Injectable()
    class Wrong {
      @OnJobEvent('complete' as JobEventKind)
      kind(): void {}

      @OnJobEvent('workerStarted' as JobEventKind)
      process(): void {}

      @OnJobEvent('completed', { type: 'email*' })
      pattern(): void {}

      @OnJobEvent('completed', { typ: 'email:', queue: 'a b', from: 'everywhere' } as never)
      options(): void {}

      @OnJobEvent('completed', 'email:' as never)
      text(): void {}

      @OnJobEvent('completed', { connection: 'nowhere' })
      connection(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @OnJobEvent('failed')
      scoped(): void {}
    }
    const failure = await boot([Wrong, Scoped]).then(
      () => undefined,
      (error: { problems?: string[] }) => error,
    );
    const problems = failure?.problems ?? [];
    for (const expected of [
      /^Wrong\.kind: @OnJobEvent\("complete"\): there is no such event of jobs\. Did you mean 'completed'\?/,
      /^Wrong\.process: @OnJobEvent\("workerStarted"\): there is no such event/,
      /^Wrong\.pattern: .*type "email\*" is no pattern/,
      /^Wrong\.options: .*no option 'typ'. Did you mean 'type'\?/,
      /^Wrong\.options: .*"a b" is no name of a queue/,
      /^Wrong\.options: .*from "everywhere" is neither/,
      /^Wrong\.text: .*"email:" is not an object of options/,
      /^Scoped\.scoped: .*needs a singleton/,
      /^Wrong\.connection: .*nowhere/,
    ]) {
      expect(problems).toContainEqual(expect.stringMatching(expected));
    }
    expect(problems).toHaveLength(9);
  });

  it('refuses static methods where it stands', () => {
    expect(() => {
      class Bad {
        @OnJobEvent('completed')
        static on(): void {}
      }
      return Bad;
    }).toThrow(/Bad\.on: @OnJobEvent on a static member/);
  });
});
