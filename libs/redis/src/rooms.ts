import {
  WarrenError,
  captureContext,
  redactUrls,
  type Detached,
  type Room,
  type RoomListener,
} from 'nestjs-warren/ports';
import { asError, type RedisClient, type RedisSubscriber } from './clients/client.js';
import type { Keys } from './keys.js';
import { explain } from './redis-errors.js';

export interface RoomNoticesOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
}

const ANY: Room = { name: undefined, key: undefined };

/**
 * Who hears of free slots in this process. The scripts tell it on a channel of the process that waits, and changed limits
 * on one for all. The connection that listens is made for the first who does. After a lost connection everybody is told to
 * look.
 */
export class RoomNotices {
  private readonly listeners = new Map<string, Set<RoomListener>>();
  private subscriber: Promise<RedisSubscriber> | undefined;
  private readonly detached: Detached = captureContext();
  private isClosed = false;

  constructor(private readonly options: RoomNoticesOptions) {}

  /** @throws WarrenError WARREN_STORE_UNAVAILABLE when Redis does not take the subscription. */
  async listen(process: string, onRoom: RoomListener): Promise<() => void> {
    if (this.isClosed)
      throw new WarrenError('WARREN_CLOSED', 'The job store is closed: nobody can wait for a slot by it.');
    const channel = this.options.keys.room(process);
    const own: RoomListener = (room) => onRoom(room);
    const there = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, there.add(own));
    const leave = (): void => this.leave(channel, own);
    try {
      const subscriber = await this.connected();
      await subscriber.subscribe(channel);
    } catch (error) {
      leave();
      const cause = asError(error);
      throw new WarrenError(
        'WARREN_STORE_UNAVAILABLE',
        `The job store, Redis at ${this.options.client.address}, cannot tell of free slots now: ${redactUrls(explain(cause))}.`,
        { cause },
      );
    }
    return leave;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.listeners.clear();
    const subscriber = await this.subscriber?.catch(() => undefined);
    await subscriber?.close().catch(() => undefined);
  }

  private connected(): Promise<RedisSubscriber> {
    if (this.subscriber) return this.subscriber;
    // Made outside of the caller's context: the socket would keep a request's AsyncLocalStorage for ever.
    const made = this.detached(async () => {
      const subscriber = await this.options.client.subscriber({
        onMessage: (channel, message) => this.heard(channel, message),
        onReconnected: () => this.tellAll(ANY),
      });
      await subscriber.subscribe(this.options.keys.rooms);
      return subscriber;
    });
    this.subscriber = made;
    // The next who listens tries again.
    made.catch(() => (this.subscriber = undefined));
    return made;
  }

  private heard(channel: string, message: string): void {
    if (channel === this.options.keys.rooms) this.tellAll({ name: message, key: undefined });
    else this.tell(channel, roomOf(message));
  }

  private tellAll(room: Room): void {
    for (const channel of [...this.listeners.keys()]) this.tell(channel, room);
  }

  private tell(channel: string, room: Room): void {
    for (const listener of [...(this.listeners.get(channel) ?? [])]) this.detached(() => listener(room));
  }

  private leave(channel: string, own: RoomListener): void {
    const there = this.listeners.get(channel);
    if (!there?.delete(own) || there.size > 0) return;
    this.listeners.delete(channel);
    void this.subscriber
      // Somebody may have come back for it meanwhile.
      ?.then((subscriber) => (this.listeners.has(channel) ? undefined : subscriber.unsubscribe(channel)))
      .catch(() => undefined);
  }
}

/** As the scripts write it: bytes of the name, name, key. */
function roomOf(message: string): Room {
  const bytes = Buffer.from(message);
  const colon = bytes.indexOf(':');
  const end = colon + 1 + Number(bytes.subarray(0, colon));
  return { name: bytes.subarray(colon + 1, end).toString(), key: bytes.subarray(end + 1).toString() };
}
