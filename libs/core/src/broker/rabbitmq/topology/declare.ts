import type { Channel, ChannelModel } from 'amqplib';
import type { QueueSpec } from '../../../ports/broker.js';
import { onOwnChannel } from '../channel.js';
import { duePattern, levelPattern, LEVELS, waitingRoomTarget } from './delay-levels.js';
import type { TopologyNames } from './names.js';
import {
  deadQueueArguments,
  delayQueueArguments,
  jobQueueArguments,
  refusesWhenFull,
  unroutableQueueArguments,
  waitingRoomArguments,
} from './queues.js';

/** Declares topology, each time on a channel of its own: a refusal closes the channel that heard it. */
export class TopologyDeclarer {
  constructor(
    private readonly names: TopologyNames,
    private readonly queueType: 'quorum' | 'classic',
    /** False: only looks whether the objects are there. */
    private readonly declares: boolean,
  ) {}

  /** Exchanges and the delay ladder; idempotent. */
  declareBase(model: ChannelModel): Promise<void> {
    return onOwnChannel(model, async (channel) => {
      const { names } = this;
      if (!this.declares) return this.checkBase(channel);
      await channel.assertExchange(names.jobsExchange, 'direct', { durable: true });
      await channel.assertExchange(names.deadExchange, 'direct', { durable: true });
      await this.declareDue(channel);
      for (let level = 0; level < LEVELS; level += 1) await this.declareLevel(channel, level);
    });
  }

  /** A queue, its dead-letter queue and their bindings; idempotent. */
  declareQueue(model: ChannelModel, spec: QueueSpec): Promise<void> {
    return onOwnChannel(model, async (channel) => {
      const { names } = this;
      const queue = names.queue(spec.name);
      const dead = names.deadQueue(spec.name);
      const needsWaitingRoom = refusesWhenFull(spec);
      if (!this.declares) {
        await channel.checkQueue(dead);
        await channel.checkQueue(queue);
        if (needsWaitingRoom) await channel.checkQueue(names.waitingRoom(spec.name));
        return;
      }
      await channel.assertQueue(dead, { durable: true, arguments: deadQueueArguments(spec) });
      await channel.bindQueue(dead, names.deadExchange, spec.name);
      await channel.assertQueue(queue, { durable: true, arguments: jobQueueArguments(spec, names) });
      await channel.bindQueue(queue, names.jobsExchange, spec.name);
      await channel.bindQueue(queue, names.dueExchange, duePattern(spec.name));
      if (needsWaitingRoom) await this.declareWaitingRoom(channel, spec);
    });
  }

  private async checkBase(channel: Channel): Promise<void> {
    const { names } = this;
    for (const exchange of [names.jobsExchange, names.deadExchange, names.dueExchange]) {
      await channel.checkExchange(exchange);
    }
    await channel.checkQueue(names.unroutable);
    for (let level = 0; level < LEVELS; level += 1) {
      await channel.checkExchange(names.delayLevel(level));
      await channel.checkQueue(names.delayLevel(level));
    }
  }

  /**
   * A full queue refuses what the ladder hands over, and the level below the refusal would wait for room with all
   * delays of the application behind it. So delays for such a queue end in a queue that waits for it alone.
   */
  private async declareWaitingRoom(channel: Channel, spec: QueueSpec): Promise<void> {
    const { names } = this;
    const room = names.waitingRoom(spec.name);
    await channel.assertQueue(room, { durable: true, arguments: waitingRoomArguments(spec, names) });
    await channel.bindQueue(room, names.dueExchange, duePattern(waitingRoomTarget(spec.name)));
  }

  /**
   * The end of all delays. Its alternate exchange takes what has no target queue any more: without one, such a
   * message would stay at the head of its level for ever and hold up every delay behind it.
   */
  private async declareDue(channel: Channel): Promise<void> {
    const { unroutable, dueExchange } = this.names;
    await channel.assertExchange(unroutable, 'fanout', { durable: true });
    const queueArguments = unroutableQueueArguments(this.queueType);
    await channel.assertQueue(unroutable, { durable: true, arguments: queueArguments });
    await channel.bindQueue(unroutable, unroutable, '');
    await channel.assertExchange(dueExchange, 'topic', { durable: true, alternateExchange: unroutable });
  }

  private async declareLevel(channel: Channel, level: number): Promise<void> {
    const { names } = this;
    const name = names.delayLevel(level);
    const next = level === 0 ? names.dueExchange : names.delayLevel(level - 1);
    await channel.assertExchange(name, 'topic', { durable: true });
    await channel.assertQueue(name, {
      durable: true,
      arguments: delayQueueArguments(level, this.queueType, next),
    });
    await channel.bindQueue(name, name, levelPattern(level, 1));
    await channel.bindExchange(next, name, levelPattern(level, 0));
  }
}
