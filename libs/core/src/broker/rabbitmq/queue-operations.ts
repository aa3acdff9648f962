import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../kernel/errors/index.js';
import type { Clock } from '../../kernel/clock.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import type { BrokerObject, BrokerOperations } from '../../ports/broker-operations.js';
import type { QueueSpec } from '../../ports/queue-spec.js';
import { isMissing, vhostOf } from './amqp-errors.js';
import { onOwnChannel } from './channel.js';
import { managementApi } from './doctor/management-api.js';
import { queuesOf } from './doctor/management-facts.js';
import { topologyNames, type TopologyNames } from './topology/names.js';
import { baseObjects, queueObjects, signalObjects, type TopologyObject } from './topology/objects.js';
import { targetsOf } from './topology/targets.js';

const ANSWER_LIMIT_MS = 10_000;

/** Queues as operators meet them. AMQP has no list of queues: their names come from the management API, where that is given. */
export class QueueOperations implements BrokerOperations {
  private readonly rooms: TopologyNames;

  constructor(
    private readonly settings: RabbitMqSettings,
    private readonly clock: Clock,
    private readonly around: {
      readonly model: () => ChannelModel;
      readonly specOf: (queue: string) => QueueSpec | undefined;
    },
  ) {
    this.rooms = topologyNames(settings.app);
  }

  async names(): Promise<readonly string[] | undefined> {
    const limit = new AbortController();
    const api = managementApi(this.settings, limit.signal);
    if (!api) return undefined;
    const timer = this.clock.setTimer(ANSWER_LIMIT_MS, () => limit.abort());
    try {
      const { app, urls } = this.settings;
      const found = await queuesOf(api, encodeURIComponent(vhostOf(urls[0]!)), app);
      return found.isKnown ? queueNamesIn([...found.value.keys()], this.rooms.queue('')) : undefined;
    } finally {
      timer.cancel();
    }
  }

  async purge(queue: string): Promise<number> {
    const targets = targetsOf(this.around.specOf(queue) ?? { name: queue });
    try {
      return await onOwnChannel(this.around.model(), async (channel) => {
        let count = 0;
        for (const target of targets)
          count += (await channel.purgeQueue(this.rooms.queue(target))).messageCount;
        return count;
      });
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new WarrenError(
        'WARREN_QUEUE_NOT_FOUND',
        `There is no queue '${this.rooms.queue(queue)}' at the broker. Look at the name, or start its worker first.`,
        { cause: error, details: { queue } },
      );
    }
  }

  objects(queues: readonly QueueSpec[]): readonly BrokerObject[] {
    const { rooms, settings } = this;
    return [
      ...baseObjects(rooms, settings.queueType),
      ...signalObjects(rooms),
      ...queues.flatMap((spec) => queueObjects(spec, rooms)),
    ].map(shown);
  }
}

/** Of names at the broker those of job queues, without prefix and level. */
export function queueNamesIn(names: readonly string[], prefix: string): readonly string[] {
  const own = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  // No queue's name has an @: what follows it is a level of priority.
  return [...new Set(own.map((name) => name.split('@')[0]!))].sort();
}

function shown(object: TopologyObject): BrokerObject {
  switch (object.kind) {
    case 'exchange': {
      const { kind, name, type, alternateExchange } = object;
      const facts = {
        type,
        ...(alternateExchange !== undefined && { 'alternate-exchange': alternateExchange }),
      };
      return { kind, name, facts };
    }
    case 'queue':
      return { kind: object.kind, name: object.name, facts: { role: object.role, ...object.arguments } };
    case 'binding': {
      const { kind, source, destination, to, pattern } = object;
      return { kind, name: `${source} -> ${destination}`, facts: { to, pattern } };
    }
  }
}
