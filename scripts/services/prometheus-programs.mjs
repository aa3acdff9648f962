import { installWithApt } from './apt.mjs';
import { findProgram } from './processes.mjs';

/**
 * Prometheus itself and `promtool`, which checks rules and metrics; of one package.
 * @returns `{ server, tool }`, paths of programs
 * @throws what to do when there are none
 */
export function needPrometheusPrograms(say = () => {}) {
  const found = findPrometheusPrograms();
  if (found) return found;
  const problem = installWithApt(['prometheus'], say);
  const installed = problem === undefined && findPrometheusPrograms();
  if (installed) return installed;
  throw new Error(
    `Tests of metrics and alert rules need the programs prometheus and promtool, and there are none (${problem ?? 'not found after their installation'}). ` +
      'Install the package prometheus (apt-get or brew), or put both into the PATH.',
  );
}

function findPrometheusPrograms() {
  const server = findProgram('prometheus', '/usr/bin/prometheus', '/opt/homebrew/bin/prometheus');
  const tool = findProgram('promtool', '/usr/bin/promtool', '/opt/homebrew/bin/promtool');
  return server && tool ? { server, tool } : undefined;
}
