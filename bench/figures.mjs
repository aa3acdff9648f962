/** Rows of `{ scenario, system, value, unit, ratioToRaw }` and the tables made of them. */

const RAW = 'raw amqplib';

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of numbers in order; `share` from 0 to 1. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** @param measured system -> the figures of each round, by unit */
export function rowsOf(scenario, measured) {
  const values = new Map();
  for (const [system, rounds] of measured) {
    for (const unit of Object.keys(rounds[0])) {
      if (!values.has(unit)) values.set(unit, new Map());
      values.get(unit).set(
        system,
        rounds.map((round) => round[unit]),
      );
    }
  }
  return [...values].flatMap(([unit, bySystem]) =>
    [...bySystem].map(([system, rounds]) => {
      const raw = bySystem.get(RAW);
      // Round by round: what slows the machine for a while slows both.
      const ratioToRaw = raw === undefined ? null : median(rounds.map((value, round) => value / raw[round]));
      return { scenario, system, value: median(rounds), unit, ratioToRaw };
    }),
  );
}

/** Of one group of scenarios: a line for each scenario and unit, a column for each system, with its ratio to the first. */
export function tableOf(rows) {
  const systems = [...new Set(rows.map((row) => row.system))];
  const [base] = systems;
  const head = ['scenario', 'unit', base, ...systems.slice(1).flatMap((system) => [system, 'ratio'])];
  const lines = [head, head.map(() => '---')];
  for (const key of new Set(rows.map(({ scenario, unit }) => `${scenario}\n${unit}`))) {
    const [scenario, unit] = key.split('\n');
    const rowOf = (system) =>
      rows.find((row) => row.system === system && row.scenario === scenario && row.unit === unit);
    const from = rowOf(base)?.value;
    lines.push([
      scenario,
      unit,
      shown(from),
      ...systems.slice(1).flatMap((system) => {
        const row = rowOf(system);
        if (from === undefined || row === undefined) return [shown(row?.value), ''];
        return [shown(row.value), (base === RAW ? row.ratioToRaw : row.value / from).toFixed(2)];
      }),
    ]);
  }
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function shown(value) {
  if (value === undefined) return '';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
