import type { Clock } from 'nestjs-warren/ports';
import type { Warren } from 'nestjs-warren/standalone';
import { within } from '../within.js';
import { Election } from './election.js';
import { groundOf, knownQueues, queueFigures, withoutStore, type QueueFigures } from './queue-figures.js';

export interface ClusterFigures {
  readonly queues: readonly QueueFigures[];
  /** Undefined: nothing keeps schedules. */
  readonly schedules:
    { readonly active: number; readonly paused: number; readonly failing: number } | undefined;
}

/** A scrape should not wait longer. */
const LIMIT_MS = 5_000;

/**
 * What is the same for the whole application, looked at for one connection at most every `cacheForMs`, and only when
 * somebody asks. With a job store that has a registry, only the elected process looks; without, every one that is asked.
 */
export class ClusterView {
  private looking: Promise<ClusterFigures | undefined> | undefined;
  private lookedAt = -Infinity;
  private isLooking = false;
  private isClosed = false;
  private election: Election | undefined;
  /** All that were ever known, so that those of dead workers stay in sight. */
  private readonly queues = new Set<string>();

  constructor(
    private readonly warren: Warren,
    private readonly cacheForMs: number,
    private readonly clock: Clock,
  ) {}

  /** Undefined: another process reports it, or it is not known now. Never rejects. */
  read(): Promise<ClusterFigures | undefined> {
    if (this.isClosed) return Promise.resolve(undefined);
    const isOld = this.clock.elapsed() - this.lookedAt >= this.cacheForMs;
    if (!this.looking || (isOld && !this.isLooking)) this.looking = this.bounded();
    return this.looking;
  }

  /** It tells nothing any more, so that another process does. Never rejects. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.looking;
    await this.election?.resign();
    this.looking = undefined;
  }

  private async bounded(): Promise<ClusterFigures | undefined> {
    this.isLooking = true;
    try {
      return await within(this.look(), LIMIT_MS, this.clock);
    } catch {
      // A gauge that is missing says so; the health of broker and store says why.
      return undefined;
    } finally {
      this.isLooking = false;
      this.lookedAt = this.clock.elapsed();
    }
  }

  private async look(): Promise<ClusterFigures | undefined> {
    const { warren, clock } = this;
    const { state } = warren.status();
    if (state === 'connecting' || state === 'closed') return undefined;
    const standing = await this.standing();
    if (standing === 'another') return undefined;
    const hasStore = standing === 'elected';
    const ground = hasStore ? await groundOf(warren, clock.now()) : withoutStore(clock.now());
    for (const queue of await knownQueues(warren, hasStore)) this.queues.add(queue);
    const names = [...this.queues].sort();
    const queues = await Promise.all(names.map((queue) => queueFigures(warren, queue, ground)));
    return { queues, schedules: hasStore ? await this.schedules() : undefined };
  }

  /** `alone`: nobody can be asked who reports, so every process tells what the broker says: better thrice than never. */
  private async standing(): Promise<'elected' | 'another' | 'alone'> {
    const { store } = this.warren.storeLink;
    if (!store) return 'alone';
    if (!store.registry) return 'elected';
    this.election ??= new Election(store.registry, this.clock);
    try {
      return (await this.election.isMine()) ? 'elected' : 'another';
    } catch {
      return 'alone';
    }
  }

  private async schedules(): Promise<ClusterFigures['schedules']> {
    const records = await this.warren.storeLink.store?.schedules?.read();
    if (!records) return undefined;
    const paused = records.filter(({ pausedAt }) => pausedAt !== undefined).length;
    const failing = records.filter((one) => one.pausedAt === undefined && one.error !== undefined).length;
    return { active: records.length - paused - failing, paused, failing };
  }
}
