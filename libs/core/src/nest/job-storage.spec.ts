import 'reflect-metadata';
import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Enqueue,
  JobHandler,
  JobQueue,
  JobStorage,
  JobsModule,
  MemoryJobStore,
  defineJob,
  type EnqueueFn,
  type JobDefinition,
  type JobsOptions,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import type { JobStore } from '../ports/job-store.js';

@Injectable()
class ShopStore extends MemoryJobStore {
  isStarted = false;

  constructor(storage: JobStorage) {
    super();
    storage.registerSource(this);
  }

  override async start(): Promise<void> {
    this.isStarted = true;
  }
}

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

function facets(store: JobStore): JobStore {
  const { kind, records, reads, unique } = store;
  return {
    kind,
    records,
    ...(reads && { reads }),
    ...(unique && { unique }),
    start: () => store.start(),
    status: () => store.status(),
    close: () => store.close(),
  };
}

async function boot(providers: Type[], options: JobsOptions = {}): Promise<INestApplicationContext> {
  @Module({ providers })
  class StoreModule {}
  const module = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ logger: silentLogger, ...options }), StoreModule],
  }).compile();
  started.push(module);
  return module.init();
}

describe('a job store that registers itself', () => {
  it('is started and closed by Warren, and remembers its jobs', async () => {
    const app = await boot([ShopStore]);
    const store = app.get(ShopStore);
    expect(store.isStarted).toBe(true);
    const { id } = await app.get(JobQueue).enqueue('email:new');
    expect(await store.reads.get([id])).toMatchObject([{ id, type: 'email:new' }]);
    await started.pop()!.close();
    expect(store.status().state).toBe('closed');
  });

  it('keeps as many jobs as it is told to: the cap is that of a store that nobody chose', async () => {
    const kept: Array<number | undefined> = [];
    @Injectable()
    class Counted extends ShopStore {
      constructor(storage: JobStorage) {
        super(storage);
        const finished = this.records.finished.bind(this.records);
        this.records.finished = (endings) => {
          kept.push(...endings.map(({ keep }) => keep.count));
          return finished(endings);
        };
      }
    }
    @Injectable()
    class Mail {
      @JobHandler('email:new') run(): void {}
    }
    const app = await boot([Counted, Mail]);
    await app.get(JobQueue).enqueueAndWait('email:new');
    expect(kept).toEqual([undefined]);
  });

  it('is refused beside another, unless it says that it replaces it', async () => {
    const store = new MemoryJobStore();
    await expect(boot([ShopStore], { store })).rejects.toThrow(
      /has a job store already \(memory\).*replace: true/,
    );
    @Injectable()
    class Replacement extends MemoryJobStore {
      constructor(storage: JobStorage) {
        super();
        storage.registerSource(this, { replace: true });
      }
    }
    const app = await boot([Replacement], { store });
    const { id } = await app.get(JobQueue).enqueue('email:new');
    expect(await app.get(Replacement).reads.get([id])).toMatchObject([{ id }]);
  });

  it('keeps the keys of unique jobs, also where the options name no store', async () => {
    const Once = defineJob()('email:new', { unique: true });
    @Injectable()
    class Mail {
      @Enqueue(Once) readonly send!: EnqueueFn<typeof Once>;
    }
    const app = await boot([ShopStore, Mail], { store: false });
    const { send } = app.get(Mail);
    const first = await send({ to: 'ada@example.com' });
    expect(await send({ to: 'ada@example.com' })).toMatchObject({ id: first.id, deduplicated: true });
  });

  it.each([
    ['unique', { unique: true }, /Mail\.send: the option unique needs the facet 'unique', which .* \(half\)/],
    [
      'reads',
      { unique: { onConflict: 'replace' } },
      /Mail\.send: the option unique.onConflict 'replace' needs the facet 'reads', which .* \(half\)/,
    ],
  ] as const)(
    'is refused at boot without the facet %s, where @Enqueue needs it',
    async (facet, said, message) => {
      class Mail {
        @Enqueue('email:new', { enqueue: said }) readonly send!: EnqueueFn<JobDefinition>;
      }
      const { [facet]: _missing, ...rest } = facets(new MemoryJobStore());
      await expect(boot([Mail], { store: { ...rest, kind: 'half' } })).rejects.toThrow(message);
    },
  );

  it('is refused when it comes too late, or is none', async () => {
    const app = await boot([]);
    await app.get(JobQueue).enqueue('email:new');
    const storage = app.get(JobStorage);
    expect(() => storage.registerSource(new MemoryJobStore())).toThrow(/in use already/);
    expect(() => storage.registerSource({} as MemoryJobStore)).toThrow(/a job store such as/);
  });

  it('is refused in production when it is one in memory', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      // The broker is never asked: the boot ends before.
      const url = 'amqp://127.0.0.1:1';
      await expect(boot([ShopStore], { url, unprovidedHandlers: 'ignore' })).rejects.toMatchObject({
        code: 'WARREN_IN_MEMORY_REFUSED',
      });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
