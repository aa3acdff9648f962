import type { Finding } from '../../../ports/finding.js';
import { isSupported, tooOld, type BrokerVersion } from '../broker-version.js';
import { CAPABILITIES, can } from '../capabilities.js';
import type { Known } from './management-api.js';
import type { ClusterNode, FeatureFlag } from './management-facts.js';

/** What is to say of the server as a whole. */

/** Of a server that is connected. */
export function versionFindings(version: BrokerVersion): Finding[] {
  const subject = 'version';
  if (!isSupported(version)) {
    return [{ level: 'fail', subject, message: tooOld(version), fix: 'Upgrade the broker.' }];
  }
  if (version.major === 0) {
    const message = `The server names no version that Warren can read ('${version.text}').`;
    return [
      {
        level: 'unknown',
        subject,
        message,
        fix: 'rabbitmqctl version; Warren needs RabbitMQ 3.10 or newer.',
      },
    ];
  }
  if (!can(version, 'soundCycleDetection')) {
    const { source } = CAPABILITIES.soundCycleDetection;
    const message = `RabbitMQ ${version.text} may drop dead letters, taking them for a cycle (${source}).`;
    return [{ level: 'warn', subject, message, fix: 'Upgrade to 3.13.3 or newer.' }];
  }
  return [{ level: 'ok', subject, message: `RabbitMQ ${version.text} has what Warren needs.` }];
}

/** Without this one, quorum queues dead-letter at most once, without a word. */
const NEEDED_BEFORE_3_12 = ['quorum_queue', 'stream_queue'];

export function flagFindings(version: BrokerVersion, flags: Known<readonly FeatureFlag[]>): Finding[] {
  const subject = 'feature flags';
  const enable = 'rabbitmqctl enable_feature_flag all';
  if (!flags.isKnown) {
    return [
      {
        level: 'unknown',
        subject,
        message: `Not looked at: ${flags.why}.`,
        fix: `rabbitmqctl list_feature_flags name state stability; where a stable one is disabled: ${enable}. ${howToLook('administrator')}`,
      },
    ];
  }
  const disabled = flags.value
    .filter(({ state, stability }) => state === 'disabled' && stability !== 'experimental')
    .map(({ name }) => name);
  if (disabled.length === 0) return [{ level: 'ok', subject, message: 'All stable ones are enabled.' }];
  const needed = can(version, 'streamFlagRequired')
    ? []
    : disabled.filter((name) => NEEDED_BEFORE_3_12.includes(name));
  return needed.length > 0
    ? [
        {
          level: 'fail',
          subject,
          message: `${needed.join(' and ')} disabled: quorum queues dead-letter at most once, so that delayed jobs and dead letters can be lost.`,
          fix: enable,
        },
      ]
    : [
        {
          level: 'warn',
          subject,
          message: `Disabled: ${disabled.join(', ')}. The next upgrade of RabbitMQ may refuse to start.`,
          fix: enable,
        },
      ];
}

const BLOCKED: Finding = {
  level: 'fail',
  subject: 'alarms',
  message:
    'The broker has run short of memory or disk and takes no publishes: enqueue waits up to publishTimeout, then throws.',
  fix: 'Free memory or disk of the broker: rabbitmq-diagnostics alarms; rabbitmq-diagnostics memory_breakdown.',
};

export function nodeFindings(nodes: Known<readonly ClusterNode[]>, isBlocked: boolean): Finding[] {
  const findings: Finding[] = isBlocked ? [BLOCKED] : [];
  if (!nodes.isKnown) {
    if (findings.length > 0) return findings;
    return [
      {
        level: 'unknown',
        subject: 'alarms',
        message: `Memory, disk and nodes were not looked at: ${nodes.why}.`,
        fix: `rabbitmq-diagnostics check_alarms; rabbitmqctl cluster_status. ${howToLook('monitoring')}`,
      },
    ];
  }
  for (const { name, isRunning, hasMemoryAlarm, hasDiskAlarm, partitions } of nodes.value) {
    if (!isRunning) {
      const message = `Node ${name} does not run.`;
      findings.push({
        level: 'warn',
        subject: 'nodes',
        message,
        fix: 'Start it, or rabbitmqctl forget_cluster_node.',
      });
    }
    if (hasMemoryAlarm) findings.push(alarm(name, 'memory', 'vm_memory_high_watermark'));
    if (hasDiskAlarm) findings.push(alarm(name, 'disk', 'disk_free_limit'));
    if (partitions.length > 0) {
      const message = `Node ${name} has lost sight of ${partitions.join(', ')}.`;
      const fix = 'Mend the network, then restart the nodes of the smaller side.';
      findings.push({ level: 'fail', subject: 'nodes', message, fix });
    }
  }
  if (findings.length > 0) return findings;
  const count = nodes.value.length;
  const message = `None; ${count} ${count === 1 ? 'node runs' : 'nodes run'}.`;
  return [{ level: 'ok', subject: 'alarms', message }];
}

function alarm(node: string, of: 'memory' | 'disk', setting: string): Finding {
  return {
    level: 'fail',
    subject: 'alarms',
    message: `Node ${node} has run short of ${of}: the broker takes no publishes, and enqueue throws after publishTimeout.`,
    fix: `Free ${of} of that node, or set ${setting} in rabbitmq.conf to suit the machine.`,
  };
}

/** How the same can be looked at by the check itself. */
export function howToLook(tag: string): string {
  return `Or give the option managementUrl, with a user of tag ${tag}.`;
}
