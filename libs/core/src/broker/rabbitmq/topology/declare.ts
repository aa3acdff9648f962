import type { Channel, ChannelModel } from 'amqplib';
import type { QueueSpec } from '../../../ports/broker.js';
import { onOwnChannel } from '../channel.js';
import { LEVELS } from './delay-levels.js';
import type { TopologyNames } from './names.js';
import { baseObjects, queueObjects, type TopologyObject } from './objects.js';
import { queuesOfOthers, requireMade } from './queues-of-others.js';

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
    return onOwnChannel(model, (channel) =>
      this.declares ? declareAll(channel, baseObjects(this.names, this.queueType)) : this.checkBase(channel),
    );
  }

  /**
   * A queue, its dead-letter queue and their bindings; idempotent. Of a queue that somebody else makes, what is Warren's
   * own is declared: bindings and waiting room.
   */
  async declareQueue(model: ChannelModel, spec: QueueSpec): Promise<void> {
    const objects = queueObjects(spec, this.names);
    const given = this.declares ? queuesOfOthers(objects, spec) : [];
    if (given.length > 0) await requireMade(model, given, spec);
    await onOwnChannel(model, async (channel) => {
      if (this.declares) {
        return declareAll(
          channel,
          objects.filter((object) => !given.some((made) => made === object)),
        );
      }
      for (const object of objects) if (object.kind === 'queue') await channel.checkQueue(object.name);
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
}

async function declareAll(channel: Channel, objects: readonly TopologyObject[]): Promise<void> {
  for (const object of objects) await declareObject(channel, object);
}

/** Makes it; where it exists as wanted, nothing happens, and where it exists otherwise, the channel is closed. */
export async function declareObject(channel: Channel, object: TopologyObject): Promise<void> {
  switch (object.kind) {
    case 'exchange': {
      const { name, type, alternateExchange } = object;
      await channel.assertExchange(name, type, {
        durable: true,
        ...(alternateExchange !== undefined && { alternateExchange }),
      });
      return;
    }
    case 'queue':
      await channel.assertQueue(object.name, { durable: true, arguments: object.arguments });
      return;
    case 'binding': {
      const { source, to, destination, pattern } = object;
      if (to === 'queue') await channel.bindQueue(destination, source, pattern);
      else await channel.bindExchange(destination, source, pattern);
    }
  }
}
