import { buildLibraries } from './build.js';
import { RabbitMqApp } from './rabbitmq-app.js';
import { RedisApp } from './redis-app.js';
import { redisUrl } from './services.js';
import type { RunningProgram } from './processes.js';

export interface RememberedApp {
  readonly app: RabbitMqApp;
  readonly redis: RedisApp;
  /** Killed after the test with what they started. */
  readonly programs: RunningProgram[];
  /** The jobs of a process that only enqueues. */
  producer(): Promise<Awaited<ReturnType<RabbitMqApp['startWarren']>>['warren']['jobs']>;
}

/** Registers hooks that make an application over RabbitMQ whose jobs are in Redis for each test, and remove it. */
export function rememberedApp(name: string, queue: string): RememberedApp {
  let app: RabbitMqApp | undefined;
  let redis: RedisApp | undefined;
  const programs: RunningProgram[] = [];
  beforeAll(() => buildLibraries(), 120_000);
  beforeEach(() => {
    app = new RabbitMqApp(name);
    app.owns(queue);
    redis = new RedisApp();
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) {
      program.killTree();
      await program.result;
    }
    await app!.dispose();
    await redis!.dispose();
  });
  return {
    get app() {
      return app!;
    },
    get redis() {
      return redis!;
    },
    programs,
    async producer() {
      const store = redis!.make({ url: redisUrl() });
      return (await app!.startWarren([], { worker: false, store })).warren.jobs;
    },
  };
}
