import type { Clock } from '../../../kernel/clock.js';
import { WarrenError } from '../../../kernel/errors/index.js';
import type { RabbitMqSettings } from '../../../options/settings.js';
import type { QueueSpec } from '../../../ports/broker.js';
import type { BrokerCaps, QueueCaps } from '../../../ports/queue-caps.js';
import { vhostOf } from '../amqp-errors.js';
import { topologyNames, type TopologyNames } from '../topology/names.js';
import { targetsOf } from '../topology/targets.js';
import { PolicyApi } from './policy-api.js';
import {
  capsIn,
  definitionOf,
  exactPattern,
  ownPolicy,
  planFor,
  type CapTarget,
  type Definition,
} from './policy.js';

/** Limits of queues that exist, by policies over the management API; without its address, by the operator's own hand. */
export class PolicyCaps implements BrokerCaps {
  private readonly names: TopologyNames;
  private readonly vhost: string;
  private readonly api: PolicyApi | undefined;

  constructor({ app, urls, managementUrl }: RabbitMqSettings, clock: Clock) {
    this.names = topologyNames(app);
    this.vhost = vhostOf(urls[0]!);
    this.api =
      managementUrl === undefined ? undefined : new PolicyApi(managementUrl, urls[0]!, this.vhost, clock);
  }

  async read(queue: string): Promise<QueueCaps> {
    if (!this.api) return {};
    const policies = await this.api.all();
    // Of the levels of a queue all have the same, and that of normal jobs is called like the queue.
    const caps = this.targets({ name: queue }).map(([target, name]) =>
      capsIn(ownPolicy(name, policies)?.definition ?? {}, target),
    );
    return Object.assign({}, ...caps) as QueueCaps;
  }

  async change(spec: QueueSpec, change: QueueCaps): Promise<void> {
    const changes = this.targets(spec)
      .map(([target, name]) => ({ name, definition: definitionOf(change, target) }))
      .filter(({ definition }) => Object.keys(definition).length > 0);
    const { api } = this;
    if (!api) throw byHand(spec, changes, this.vhost);
    const policies = await api.all();
    const plans = changes.map(({ name, definition }) => ({
      name,
      plan: planFor({ name, type: spec.type }, policies, definition),
    }));
    for (const { plan } of plans) if (plan.kind === 'refused') throw refused(spec, plan.why);
    for (const { name, plan } of plans) {
      if (plan.kind === 'put') await api.put(plan.policy);
      if (plan.kind === 'delete') await api.remove(name);
    }
  }

  private targets(spec: Pick<QueueSpec, 'name' | 'priorities'>): ReadonlyArray<readonly [CapTarget, string]> {
    return [
      ...targetsOf(spec).map((target) => ['jobs', this.names.queue(target)] as const),
      ['dead letters', this.names.deadQueue(spec.name)],
    ];
  }
}

interface Change {
  readonly name: string;
  readonly definition: Definition;
}

function byHand({ name: queue }: QueueSpec, changes: readonly Change[], vhost: string): WarrenError {
  const commands = changes.map(({ name, definition }) => {
    const isTakenBack = Object.values(definition).every((value) => value === undefined);
    return isTakenBack
      ? `rabbitmqctl clear_policy -p '${vhost}' '${name}'`
      : `rabbitmqctl set_policy -p '${vhost}' --priority 10 --apply-to queues '${name}' '${exactPattern(name)}' '${JSON.stringify(definition)}'`;
  });
  return new WarrenError(
    'WARREN_QUEUE_FIXED',
    `Queue '${queue}' exists, and only a policy of RabbitMQ can lower its limits; the option managementUrl is not given, so Warren cannot set one. Give it, or run: ${commands.join('; ')}. One policy applies to a queue at a time, that of the highest priority: look at rabbitmqctl list_policies -p '${vhost}' before.`,
    { details: { queue, commands } },
  );
}

function refused({ name: queue }: QueueSpec, why: string): WarrenError {
  return new WarrenError('WARREN_QUEUE_FIXED', `Queue '${queue}' keeps its limits. ${why}`, {
    details: { queue },
  });
}
