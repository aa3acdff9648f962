import { setTimeout as sleep } from 'node:timers/promises';
import { Host, now } from './host.mjs';

/** The sides that are compared, by the names of the JSON rows. */
export const SYSTEMS = {
  'raw amqplib': { system: 'raw' },
  'raw amqplib, same message': { system: 'raw', isAlike: true },
  Warren: { system: 'warren' },
  'Warren, validated': { system: 'warren', isValidated: true },
  'Warren, memory store': { system: 'warren', store: 'memory' },
  'Warren, Redis store': { system: 'warren', store: 'redis' },
  'Warren, control beside': { system: 'warren', hasControl: true },
  'Warren, Redis store, control beside': { system: 'warren', store: 'redis', hasControl: true },
  'Nest RMQ transport': { system: 'transport', isPeer: true },
  BullMQ: { system: 'bullmq', isPeer: true },
  'BullMQ, fsync always': { system: 'bullmq', isPeer: true, isSynced: true },
  'pg-boss': { system: 'pg-boss', isPeer: true },
};

/** In milliseconds: the workers are asked so often whether they are done. */
const POLL_MS = 20;
/** A run in which no job is done for so long is stuck. */
const STUCK_MS = 60_000;
/** Callers that fill a queue; lists need no more. */
const FILLERS = 200;

/** The processes of a run. Producers stay, one a system; workers are new in each round. */
export class Stage {
  #producers = new Map();

  /** @param urls `{ url, redisUrl }`, and what the peers need when they take part */
  constructor({ run, ...urls }) {
    this.plan = urls;
    this.run = run;
  }

  /** The queue of a system is empty between two scenarios. */
  async producer(name) {
    const known = this.#producers.get(name);
    if (known) return known;
    const producer = await Host.start(this.#planOf(name, 'producer'));
    this.#producers.set(name, producer);
    return producer;
  }

  worker(name, plan) {
    return Host.start({ ...this.#planOf(name, 'worker'), ...plan });
  }

  /** A Nest application without anything. */
  nest() {
    return Host.start({ system: 'nest', role: 'idle' });
  }

  /**
   * Works off `count` jobs of `bytes` bytes that wait already.
   * @returns jobs a second, CPU microseconds a job and bytes of memory of a worker, all without the first `warmUp` jobs
   */
  async workOff(
    name,
    { count, bytes, concurrency, warmUp = 0, workers = 1, types = 1, behind = 0, ...plan },
  ) {
    const producer = await this.producer(name);
    await producer.call('send', { count: count + behind, inFlight: FILLERS, bytes, types });
    const ownWarmUp = Math.floor(warmUp / workers);
    const hosts = await Promise.all(
      Array.from({ length: workers }, () =>
        this.worker(name, { concurrency, warmUp: ownWarmUp, types, ...plan }),
      ),
    );
    try {
      await Promise.all(hosts.map((host) => host.call('work')));
      const parts = await this.untilDone(hosts, count);
      const memory = await Promise.all(hosts.map((host) => host.call('memory')));
      const rated = sum(parts.map((part) => part.rated));
      const seconds =
        (Math.max(...parts.map((part) => part.lastAt)) - Math.min(...parts.map((part) => part.ratedFrom))) /
        1_000;
      if (behind > 0) await this.untilDone(hosts, count + behind);
      return {
        'jobs/s': rated / seconds,
        'CPU us/job': sum(parts.map((part) => part.cpuUs)) / rated,
        'worker MB': Math.max(...memory) / 1e6,
      };
    } finally {
      await Promise.all(hosts.map((host) => host.stop()));
    }
  }

  /** What the workers say once so many jobs are done. @throws when they stand still */
  async untilDone(hosts, count) {
    let before = -1;
    let movedAt = now();
    for (;;) {
      const parts = await Promise.all(hosts.map((host) => host.call('progress')));
      const done = sum(parts.map((part) => part.done));
      if (done >= count) return parts;
      if (done > before) [before, movedAt] = [done, now()];
      if (now() - movedAt > STUCK_MS) throw new Error(`${done} of ${count} jobs are done, and no more come.`);
      await sleep(POLL_MS);
    }
  }

  /** Takes away what the systems declared and stored. */
  async close() {
    for (const producer of this.#producers.values()) {
      await producer.call('remove');
      await producer.stop();
    }
    this.#producers.clear();
  }

  #planOf(name, role) {
    const { system, ...rest } = SYSTEMS[name];
    const app = [this.run, ...Object.values(SYSTEMS[name])].join('-');
    return { ...this.plan, app, system, role, ...rest };
  }
}

export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
