/**
 * What RabbitMQ can do by version, as far as Warren uses it or has to warn of it. The only place that compares
 * versions. The reference page is made from this table, and test/integration/capabilities.spec.ts holds it to the
 * broker that the tests run over.
 */

/** Of the server. */
export interface VersionNumbers {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

type Release = readonly [major: number, minor: number, patch: number];

export interface Capability {
  /** The first release that has it. */
  readonly since: Release;
  /** The first later one that has it not, and the one that has it again. */
  readonly gap?: readonly [from: Release, to: Release];
  readonly what: string;
  /** What it means for jobs. */
  readonly withIt: string;
  readonly without: string;
  /** Where RabbitMQ's documentation says so. */
  readonly source: string;
}

const RELEASE = 'https://github.com/rabbitmq/rabbitmq-server/releases/tag/';

export const CAPABILITIES = {
  delayLadder: {
    since: [3, 10, 0],
    what: 'Message TTL and at-least-once dead-lettering in quorum queues',
    withIt: 'Delays and dead letters lose nothing.',
    without: 'Warren refuses to start.',
    source: `${RELEASE}v3.10.0`,
  },
  streamFlagRequired: {
    since: [3, 12, 0],
    what: 'Feature flag `stream_queue` is always enabled',
    withIt: 'At-least-once dead-lettering needs no action.',
    without: 'At-least-once dead-lettering works only where the flag has been enabled.',
    source: `${RELEASE}v3.12.0`,
  },
  timeoutPerQueue: {
    since: [3, 12, 0],
    what: 'Delivery acknowledgement timeout of one queue, by policy `consumer-timeout`',
    withIt: 'Jobs of more than 30 minutes can be allowed for their queue alone.',
    without: 'Only `consumer_timeout` of the whole broker allows them.',
    source: `${RELEASE}v3.12.0`,
  },
  soundCycleDetection: {
    since: [3, 10, 0],
    gap: [
      [3, 13, 0],
      [3, 13, 3],
    ],
    what: 'A message that was rejected may meet the same queue twice',
    withIt: 'Nothing to do.',
    without: 'Dead letters can be dropped as a cycle. Upgrade to 3.13.3 or newer.',
    source: 'https://github.com/rabbitmq/rabbitmq-server/issues/11159',
  },
  defaultDeliveryLimit: {
    since: [4, 0, 0],
    what: 'Quorum queues without a delivery limit have one of 20',
    withIt: 'Warren sets a limit on every queue whose messages are taken more than once.',
    without: 'There is no limit unless one is set; Warren sets it.',
    source: `${RELEASE}v4.0.1`,
  },
  priorities: {
    since: [4, 0, 0],
    what: 'Message priorities in quorum queues',
    withIt:
      'Nothing to do: `priorities` of a queue are queues of their own, and work alike with all versions. Messages that other programs publish with a priority overtake each other at one level.',
    without: 'Those overtake nobody; `priorities` work all the same.',
    source: `${RELEASE}v4.0.1`,
  },
  strictPriorities: {
    since: [4, 3, 0],
    what: 'Strict priorities from 0 to 31 in quorum queues',
    withIt: 'Of those messages of other programs, the highest always runs first.',
    without: 'Below 4.0 none; from 4.0 on 5 and more are preferred to 0 to 4, not strictly.',
    source: 'https://www.rabbitmq.com/docs/quorum-queues#priorities',
  },
  nackUncounted: {
    since: [4, 3, 0],
    what: 'A delivery given back by `basic.nack` does not count towards the delivery limit',
    withIt: 'Jobs given back unstarted at shutdown never become poison.',
    without: 'Each time that a job is given back at shutdown counts.',
    source: 'https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling',
  },
  timeoutPerConsumer: {
    since: [4, 3, 0],
    what: 'Delivery acknowledgement timeout of one consumer of a quorum queue; classic queues have none',
    withIt: 'Warren asks for the time that the handlers need.',
    without: 'RabbitMQ takes a job back after 30 minutes, unless its configuration allows more.',
    source: 'https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout',
  },
} as const satisfies Record<string, Capability>;

export type CapabilityName = keyof typeof CAPABILITIES;

/** Whether that server has it. An unknown version has nothing. */
export function can(version: VersionNumbers, name: CapabilityName): boolean {
  const { since, gap }: Capability = CAPABILITIES[name];
  if (!isAtLeast(version, since)) return false;
  return gap === undefined || !isAtLeast(version, gap[0]) || isAtLeast(version, gap[1]);
}

function isAtLeast({ major, minor, patch }: VersionNumbers, [ofMajor, ofMinor, ofPatch]: Release): boolean {
  if (major !== ofMajor) return major > ofMajor;
  return minor === ofMinor ? patch >= ofPatch : minor > ofMinor;
}
