/** Counts and latencies of a run, as lines of text. */

/** @returns totals over all jobs that the API's answers named */
export function countJobs(jobs, ledger) {
  const totals = { enqueued: 0, completed: 0, retried: 0, deadLettered: 0, repeated: 0 };
  for (const { id } of jobs) {
    const job = ledger.jobs.get(id);
    totals.enqueued += 1;
    if (!job) continue;
    if (job.completions > 0) totals.completed += 1;
    else if (job.failure) totals.deadLettered += 1;
    totals.retried += job.retries;
    totals.repeated += Math.max(0, job.completions - 1);
  }
  return { ...totals, lost: totals.enqueued - totals.completed - totals.deadLettered };
}

const HEAD = ['job type', 'enqueued', 'completed', 'retried', 'dead-lettered', 'p50', 'p99'];

/** A table by job type. Latency: from enqueued to completed, retries and their delays included. */
export function tableOf(jobs, ledger) {
  const types = [...new Set(jobs.map(({ type }) => type))].sort();
  const rows = types.map((type) => {
    const own = jobs.filter((job) => job.type === type);
    const { enqueued, completed, retried, deadLettered } = countJobs(own, ledger);
    const latencies = latenciesMs(own, ledger);
    const percentiles = [0.5, 0.99].map((share) => percentile(latencies, share));
    return [type, enqueued, completed, retried, deadLettered, ...percentiles].map(String);
  });
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column].length)));
  return [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  );
}

function latenciesMs(jobs, ledger) {
  return jobs
    .map(({ id }) => ledger.jobs.get(id))
    .filter((job) => job?.completedAt !== undefined && job.enqueuedAt !== undefined)
    .map(({ completedAt, enqueuedAt }) => Math.max(0, completedAt - enqueuedAt))
    .sort((a, b) => a - b);
}

/** Nearest rank. */
function percentile(sorted, share) {
  if (sorted.length === 0) return '-';
  return `${sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]} ms`;
}

/** The last line, which tests and people read. */
export function lastLine({ enqueued, completed, retried, deadLettered, lost }) {
  return `demo: ${enqueued} enqueued, ${completed} completed, ${retried} retried, ${deadLettered} dead-lettered, ${lost} lost`;
}
