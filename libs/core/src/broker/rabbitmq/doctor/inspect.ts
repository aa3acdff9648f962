import type { ChannelModel } from 'amqplib';
import type { RabbitMqSettings } from '../../../options/settings.js';
import type { BrokerStatus } from '../../../ports/broker.js';
import type { Finding, InspectOptions, QueueNeeds } from '../../../ports/finding.js';
import type { Clock } from '../../../kernel/clock.js';
import { vhostOf } from '../amqp-errors.js';
import type { BrokerVersion } from '../broker-version.js';
import type { TopologyNames } from '../topology/names.js';
import { lookAtObjects, type Look, type ObjectState } from './amqp-look.js';
import { foreignLevelFindings, foreignLevels, type ForeignLevel } from './foreign-levels.js';
import { bindingsOf, groupsOf, lookedAt, type Group } from './groups.js';
import { managementApi, type ManagementApi } from './management-api.js';
import { askManagement, type ManagementFacts } from './management-facts.js';
import { comparisonFindings, objectFindings } from './object-findings.js';
import {
  backlogFindings,
  bindingFindings,
  memberFindings,
  policyFindings,
  timeoutFindings,
} from './queue-findings.js';
import { flagFindings, nodeFindings, versionFindings } from './server-findings.js';

/**
 * The broker doctor: looks at the server over AMQP, and over its management API where that is given, and compares
 * with what this application needs. First the looking, then the judging, which is pure. It changes nothing.
 */

/** What is inspected, and by what means. */
export interface Patient {
  readonly settings: RabbitMqSettings;
  readonly names: TopologyNames;
  readonly clock: Clock;
  readonly version: BrokerVersion;
  readonly status: BrokerStatus;
  /** Whether it has told this connection that it takes no publishes. */
  readonly isBlocked: boolean;
  /** Where it is, without credentials. */
  readonly address: string;
  readonly model: ChannelModel | undefined;
  /** Whether this process has declared the queue. */
  readonly isDeclared: (queue: string) => boolean;
  /** Aborted when the application closes. */
  readonly ending: AbortSignal;
}

export async function inspectBroker(
  patient: Patient,
  needs: readonly QueueNeeds[],
  { depth, limitMs }: InspectOptions,
): Promise<readonly Finding[]> {
  const { settings, names, clock, ending } = patient;
  const groups = groupsOf(
    names,
    settings.queueType,
    needs,
    ({ name, declare }) => !settings.declare || declare === false || patient.isDeclared(name),
  );
  const levels = foreignLevels(needs, names);
  const look: Look = { states: new Map(), answerMs: undefined, problem: 'it did not answer in time' };
  const limit = new AbortController();
  const timer = clock.setTimer(limitMs, () => limit.abort());
  const over = AbortSignal.any([limit.signal, ending]);
  try {
    const api = managementApi(settings, over);
    const [facts] = await Promise.all([
      askManagement(api, {
        vhost: vhostOf(settings.urls[0]!),
        app: settings.app,
        exchanges: depth === 'full' ? sourcesOf(groups) : [],
      }),
      depth === 'full' && patient.model
        ? lookWithin(patient.model, { groups, levels }, look, clock, over)
        : undefined,
    ]);
    return [
      ...connectionFindings(patient, look),
      ...managementFindings(api),
      ...judge(patient, groups, look, facts, depth),
      ...(depth === 'full' && patient.model
        ? foreignLevelFindings(levels, look, vhostOf(settings.urls[0]!))
        : []),
    ];
  } finally {
    timer.cancel();
  }
}

/** Ends with the limit; what goes on behind it ends with its connection. */
async function lookWithin(
  model: ChannelModel,
  { groups, levels }: { readonly groups: readonly Group[]; readonly levels: readonly ForeignLevel[] },
  look: Look,
  clock: Clock,
  over: AbortSignal,
): Promise<void> {
  if (over.aborted) return;
  // Last, as most of them are missing, and each that is costs a channel.
  const last = levels.map(({ queue }) => queue);
  const objects = [...groups.flatMap(lookedAt), ...last];
  const looking = lookAtObjects(model, objects, look, () => clock.elapsed(), new Set(last));
  await Promise.race([
    looking,
    new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true })),
  ]);
}

function judge(
  patient: Patient,
  groups: readonly Group[],
  look: Look,
  facts: ManagementFacts,
  depth: InspectOptions['depth'],
): Finding[] {
  const { settings, names, version, model, isBlocked } = patient;
  const vhost = vhostOf(settings.urls[0]!);
  const { app, declare } = settings;
  // What has never been used has no bindings either.
  const there = groups.filter(
    (group) => group.isDue || lookedAt(group).some((object) => isThere(look.states.get(object))),
  );
  const server = [
    ...(model ? versionFindings(version) : []),
    ...flagFindings(version, facts.flags),
    ...nodeFindings(facts.nodes, isBlocked),
  ];
  const queues = [
    ...policyFindings(groups, facts.queues, vhost),
    ...memberFindings(groups, facts, { vhost, app }),
    ...(model ? timeoutFindings(groups, { version, names, vhost }, facts.queues) : []),
  ];
  if (depth === 'boot') return [...server, ...queues];
  const objects = model
    ? [
        ...groups.flatMap((group) => objectFindings(group, look, facts.queues, { vhost, declares: declare })),
        ...comparisonFindings(groups, look, facts.queues, app),
        ...backlogFindings(groups, look, names),
      ]
    : [];
  return [...server, ...objects, ...bindingFindings(there, facts.bindings, vhost), ...queues];
}

function connectionFindings({ status, version, address, model }: Patient, { answerMs }: Look): Finding[] {
  const subject = 'broker';
  if (!model) {
    return [
      {
        level: 'fail',
        subject,
        message: `${address} is not connected: ${status.text}.`,
        fix: 'Start RabbitMQ, or correct the option url; while it is away, enqueue throws after publishTimeout and no job runs.',
      },
    ];
  }
  const { cluster_name: cluster } = model.connection.serverProperties as { readonly cluster_name?: unknown };
  const time = answerMs === undefined ? '' : `, answers in ${Math.round(answerMs)} ms`;
  const where = typeof cluster === 'string' ? `, cluster ${cluster}` : '';
  return [{ level: 'ok', subject, message: `${address}, RabbitMQ ${version.text}${where}${time}` }];
}

function managementFindings(api: ManagementApi | undefined): Finding[] {
  if (!api || api.problem === '') return [];
  return [
    {
      level: 'warn',
      subject: 'management',
      message: `${api.problem}.`,
      fix: 'Correct the option managementUrl, or: rabbitmq-plugins enable rabbitmq_management',
    },
  ];
}

function isThere(state: ObjectState | undefined): boolean {
  return state !== undefined && state.kind !== 'missing' && state.kind !== 'unknown';
}

function sourcesOf(groups: readonly Group[]): string[] {
  return [...new Set(groups.flatMap(bindingsOf).map(({ source }) => source))];
}
