import {
  captureContext,
  isWarrenError,
  silentLogger,
  type Detached,
  type JobStore,
  type LimitStore,
  type Logger,
  type ReadStore,
  type RecordStore,
  type ScheduleStore,
  type RegistryStore,
  type StoreHost,
  type StoreStatus,
  type UniqueStore,
} from 'nestjs-warren/ports';
import { ClientByUrl } from './clients/by-url.js';
import type { RedisClient } from './clients/client.js';
import { EndNotices } from './events.js';
import { RedisLimits } from './facets/limits.js';
import { RedisReads } from './facets/reads.js';
import { RedisRecords } from './facets/records.js';
import { RedisSchedules } from './facets/schedules.js';
import { RedisRegistry } from './facets/registry.js';
import { RedisUnique } from './facets/unique.js';
import { checkServer } from './health.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { redisJobStoreSettings, type RedisJobStoreOptions, type RedisJobStoreSettings } from './options.js';
import { RoomNotices } from './rooms.js';
import { ScriptRunner } from './script-runner.js';

/** A Redis that takes writes and leaves INFO unanswered is taken as it is after so many. */
const CHECKS = 3;

/**
 * A job store in Redis 6.2 or newer, in Valkey, or in a Redis Cluster. Every change of a job is one script. All keys of
 * one application are in one slot of a cluster. Nothing is swept: Redis lets finished jobs expire, and indices lose
 * them when they are written or read.
 */
export class RedisJobStore implements JobStore {
  readonly kind = 'redis';
  readonly records: RecordStore;
  readonly reads: ReadStore;
  readonly unique: UniqueStore;
  readonly limits: LimitStore;
  readonly schedules: ScheduleStore;
  readonly registry: RegistryStore;

  private readonly settings: RedisJobStoreSettings;
  private readonly keys: Keys;
  private hostLogger: Logger = silentLogger;
  private readonly client: RedisClient;
  private readonly link: Link;
  private readonly notices: EndNotices;
  private readonly rooms: RoomNotices;
  private readonly detached: Detached = captureContext();
  private connectError: unknown;
  private checked: Promise<void> | undefined;
  private checks = 0;

  /** @throws ConfigurationError with everything that is wrong with the options. */
  constructor(options: RedisJobStoreOptions) {
    const settings = redisJobStoreSettings(options);
    const { timeoutMs, clock } = settings;
    const keys = new Keys(settings.app);
    this.settings = settings;
    this.keys = keys;
    this.client = settings.client ?? new ClientByUrl(settings.url!);
    const logger = () => this.logger;
    this.link = new Link({ client: this.client, keys, timeoutMs, clock, logger }, () => this.onUp());
    const runner = new ScriptRunner(this.link, keys);
    this.notices = new EndNotices({ client: this.client, keys, runner, timeoutMs, clock });
    this.rooms = new RoomNotices({ client: this.client, keys });
    this.records = new RedisRecords(runner, keys);
    this.reads = new RedisReads(this.link, runner, keys, this.notices);
    this.unique = new RedisUnique(runner, keys);
    this.limits = new RedisLimits(runner, keys, this.rooms);
    this.schedules = new RedisSchedules(runner, keys);
    this.registry = new RedisRegistry(runner, keys);
  }

  /**
   * Connects. Resolves when the first try succeeded, or failed in a way that may heal.
   * @throws WarrenError WARREN_ACCESS_REFUSED when user or password are refused; WARREN_CONFIGURATION when Redis is
   * older than 6.2, or when a url is given and no client library is installed.
   */
  async start(host?: StoreHost): Promise<void> {
    if (host) {
      this.keys.startedBy(host.app);
      this.hostLogger = host.logger;
    }
    try {
      if (this.client instanceof ClientByUrl) await this.client.load(`warren-${this.keys.app}`);
      this.detached(() => this.client.open((error) => (this.connectError = error)));
      await this.link.first(() => this.connectError);
      await this.checked;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  status(): StoreStatus {
    return this.link.status();
  }

  async close(): Promise<void> {
    this.link.close();
    await this.notices.close();
    await this.rooms.close();
    await this.client.close();
  }

  private get logger(): Logger {
    return this.settings.logger ?? this.hostLogger;
  }

  private onUp(): void {
    this.connectError = undefined;
    if (this.checked || this.checks >= CHECKS) return;
    this.checks += 1;
    this.checked = checkServer(this.link, this.client.address, this.logger).catch((error: Error) => {
      if (isWarrenError(error, 'WARREN_CLOSED')) return;
      // No answer is an outage, which may heal: it is looked at when Redis is back.
      if (!isWarrenError(error, 'WARREN_CONFIGURATION')) {
        this.checked = undefined;
        this.logger.info(`Version and maxmemory-policy of Redis are not checked now: ${error.message}`);
        return;
      }
      this.logger.error(error.message);
      throw error;
    });
    // Start throws it, too; when Redis came later, there is only the log.
    this.checked.catch(() => undefined);
  }
}
