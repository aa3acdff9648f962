import { parseArgs } from 'node:util';

/** The flags of `npm run soak`. */

export const USAGE = `Usage: npm run soak -- [--jobs N] [--workers M] [--seed S] [--kill-every D] [--concurrency C] [--keep]

  --jobs N         jobs to enqueue (default 100000)
  --workers M      worker processes (default 4)
  --seed S         chooses faults and jobs; the same seed, the same choice (default 1)
  --kill-every D   time between faults on average, such as 3s or 500ms; 0 for none (default 3s)
  --concurrency C  jobs at once in each worker (default 50)
  --keep           leave ledgers and logs of all processes in their folder; so does a soak that fails
  --help           show this`;

/** @returns {{ options?: object, problem?: string }} */
export function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        jobs: { type: 'string', default: '100000' },
        workers: { type: 'string', default: '4' },
        seed: { type: 'string', default: '1' },
        'kill-every': { type: 'string', default: '3s' },
        concurrency: { type: 'string', default: '50' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return { problem: error.message };
  }
  for (const name of ['jobs', 'workers', 'seed', 'concurrency']) {
    if (!/^\d{1,9}$/.test(values[name]) || (name !== 'seed' && Number(values[name]) === 0)) {
      return {
        problem: `--${name} ${values[name]}: give a whole number${name === 'seed' ? '' : ' of at least 1'}.`,
      };
    }
  }
  const killEveryMs = millisecondsOf(values['kill-every']);
  if (killEveryMs === undefined) {
    return { problem: `--kill-every ${values['kill-every']}: give a time such as 3s or 500ms, or 0.` };
  }
  return {
    options: {
      jobs: Number(values.jobs),
      workers: Number(values.workers),
      seed: Number(values.seed),
      concurrency: Number(values.concurrency),
      killEveryMs,
      keep: values.keep,
      help: values.help,
    },
  };
}

function millisecondsOf(text) {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (!match) return text === '0' ? 0 : undefined;
  return Math.round(Number(match[1]) * { ms: 1, s: 1_000, m: 60_000 }[match[2]]);
}
