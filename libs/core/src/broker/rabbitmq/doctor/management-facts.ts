import type { BindingObject } from '../topology/objects.js';
import { NOT_GIVEN, known, unknown, type Known, type ManagementApi } from './management-api.js';

/** What only the management API tells: feature flags, nodes, policies and members of queues, bindings. */

export interface FeatureFlag {
  readonly name: string;
  readonly state: string;
  readonly stability: string;
}

export interface ClusterNode {
  readonly name: string;
  readonly isRunning: boolean;
  readonly hasMemoryAlarm: boolean;
  readonly hasDiskAlarm: boolean;
  /** Nodes that it has lost sight of. */
  readonly partitions: readonly string[];
}

export interface QueueFacts {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Name of the policy that applies; empty: none. */
  readonly policy: string;
  /** What policy and operator policy together say. Undefined until the broker has statistics of the queue. */
  readonly definition: Readonly<Record<string, unknown>> | undefined;
  /** Nodes with a copy; empty for classic queues. */
  readonly members: readonly string[];
  readonly online: readonly string[];
}

export interface ManagementFacts {
  readonly flags: Known<readonly FeatureFlag[]>;
  readonly nodes: Known<readonly ClusterNode[]>;
  /** By name at the broker; those of this application. */
  readonly queues: Known<ReadonlyMap<string, QueueFacts>>;
  /** Keys of `bindingKey`. */
  readonly bindings: Known<ReadonlySet<string>>;
}

export interface ManagementQuestion {
  readonly vhost: string;
  /** All names of the application begin with it and a dot. */
  readonly app: string;
  /** Exchanges whose bindings are wanted; none: bindings are left out. */
  readonly exchanges: readonly string[];
}

const PAGE = 500;

/** Requests at the same time, for bindings. */
const TOGETHER = 4;

export function bindingKey({ source, to, destination, pattern }: Omit<BindingObject, 'kind'>): string {
  return JSON.stringify([source, to, destination, pattern]);
}

export async function askManagement(
  api: ManagementApi | undefined,
  { vhost, app, exchanges }: ManagementQuestion,
): Promise<ManagementFacts> {
  if (!api) {
    const nothing = unknown(NOT_GIVEN);
    return { flags: nothing, nodes: nothing, queues: nothing, bindings: nothing };
  }
  const inVhost = encodeURIComponent(vhost);
  const nodes = await api.ask('/nodes', (json) => records(json).map(nodeOf));
  const flags = await api.ask('/feature-flags', (json) => records(json).map(flagOf));
  const queues = await queuesOf(api, inVhost, app);
  const bindings = await bindingsOf(api, inVhost, exchanges);
  return { flags, nodes, queues, bindings };
}

/** `vhost` as it stands in a path. */
export async function queuesOf(
  api: ManagementApi,
  vhost: string,
  app: string,
): Promise<ManagementFacts['queues']> {
  const found = new Map<string, QueueFacts>();
  const name = encodeURIComponent(String.raw`^${app}\.`);
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = await api.ask(
      `/queues/${vhost}?page=${page}&page_size=${PAGE}&name=${name}&use_regex=true`,
      (json) => {
        const { items, page_count: count } = record(json);
        for (const item of records(items)) found.set(text(item['name']), queueOf(item));
        return number(count);
      },
    );
    if (!answer.isKnown) return answer;
    pages = answer.value;
  }
  return known(found);
}

async function bindingsOf(
  api: ManagementApi,
  vhost: string,
  exchanges: readonly string[],
): Promise<ManagementFacts['bindings']> {
  const keys = new Set<string>();
  let failure: Known<never> | undefined;
  const waiting = [...exchanges];
  const askNext = async (): Promise<void> => {
    for (let exchange = waiting.pop(); exchange !== undefined && !failure; exchange = waiting.pop()) {
      const answer = await api.ask(
        `/exchanges/${vhost}/${encodeURIComponent(exchange)}/bindings/source`,
        (json) => records(json).map(bindingOf),
      );
      if (!answer.isKnown) failure = answer;
      else for (const key of answer.value) keys.add(key);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, askNext));
  return failure ?? known(keys);
}

function nodeOf(json: Json): ClusterNode {
  return {
    name: text(json['name']),
    isRunning: json['running'] === true,
    hasMemoryAlarm: json['mem_alarm'] === true,
    hasDiskAlarm: json['disk_free_alarm'] === true,
    partitions: texts(json['partitions']),
  };
}

function flagOf(json: Json): FeatureFlag {
  return { name: text(json['name']), state: text(json['state']), stability: text(json['stability']) };
}

function queueOf(json: Json): QueueFacts {
  const definition = json['effective_policy_definition'];
  // Policies come with the first statistics, some seconds after the queue was made. Before 4.x a queue without a
  // policy has no definition even then, so that the count of messages tells whether they are there.
  const hasStatistics = typeof json['messages'] === 'number';
  return {
    arguments: isRecord(json['arguments']) ? json['arguments'] : {},
    policy: typeof json['policy'] === 'string' ? json['policy'] : '',
    definition: hasStatistics ? (isRecord(definition) ? definition : {}) : undefined,
    members: texts(json['members']),
    online: texts(json['online']),
  };
}

function bindingOf(json: Json): string {
  return bindingKey({
    source: text(json['source']),
    to: json['destination_type'] === 'exchange' ? 'exchange' : 'queue',
    destination: text(json['destination']),
    pattern: text(json['routing_key']),
  });
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** These throw for what is not of that kind: then it is no answer of RabbitMQ. */
function record(json: unknown): Json {
  if (!isRecord(json)) throw new TypeError('no object');
  return json;
}

function records(json: unknown): Json[] {
  if (!Array.isArray(json)) throw new TypeError('no list');
  return json.map(record);
}

function text(json: unknown): string {
  if (typeof json !== 'string') throw new TypeError('no text');
  return json;
}

function number(json: unknown): number {
  if (typeof json !== 'number') throw new TypeError('no number');
  return json;
}

function texts(json: unknown): string[] {
  return Array.isArray(json) ? json.filter((item) => typeof item === 'string') : [];
}
