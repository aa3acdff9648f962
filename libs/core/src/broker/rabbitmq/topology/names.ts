import type { SignalTopic } from '../../../ports/signals.js';

/** Names of everything that an application declares. All begin with the application's name. */
export interface TopologyNames {
  readonly jobsExchange: string;
  readonly deadExchange: string;
  /** Where delays end: routes to the target queue. */
  readonly dueExchange: string;
  /** Exchange and queue for delayed jobs whose target queue is gone. */
  readonly unroutable: string;
  /** Where signals of a topic are sent. */
  signalExchange(topic: SignalTopic): string;
  /** Where one process hears them, while it is connected. */
  signalQueue(topic: SignalTopic, token: string): string;
  queue(name: string): string;
  deadQueue(name: string): string;
  /** Where jobs whose delay is over wait for room in a queue that refuses when it is full. */
  waitingRoom(name: string): string;
  /** Exchange and queue of a level. */
  delayLevel(level: number): string;
}

/** The version is part of the ladder's names, so that its arguments can change one day. */
const LADDER_VERSION = 'v1';

export function topologyNames(app: string): TopologyNames {
  return {
    jobsExchange: `${app}.jobs`,
    deadExchange: `${app}.dead`,
    dueExchange: `${app}.due.${LADDER_VERSION}`,
    unroutable: `${app}.unroutable`,
    signalExchange: (topic) => `${app}.${topic}`,
    signalQueue: (topic, token) => `${app}.${topic}.${token}`,
    queue: (name) => `${app}.q.${name}`,
    deadQueue: (name) => `${app}.dead.${name}`,
    waitingRoom: (name) => `${app}.due.${name}`,
    delayLevel: (level) => `${app}.delay.${LADDER_VERSION}.${level}`,
  };
}
