import { describeOptions } from './reference.js';

describe('the reference of options', () => {
  const page = describeOptions();

  it('has a table for each owner', () => {
    const titles = [...page.matchAll(/^## `(.*)`$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'JobsModule.forRoot',
      'defaults',
      'retention',
      'queues.<name>',
      'concurrency',
      'rateLimit',
      'jobs.queues.configure(name, patch)',
      'jobs.types.configure(type, patch)',
      'worker',
      'worker.threads',
      'log',
      '@JobHandler(type, options)',
      'enqueue(job, payload, options)',
      'schedules',
      'jobs.schedules.upsert(name, options), @Scheduled',
      'unique',
    ]);
  });

  it('gives text, accepted values and default of an option', () => {
    expect(page).toContain(
      '| `concurrency` | Attempts at once from each queue; it is the prefetch too. Where a queue has a weight: from all queues together. | a whole number from 1 to 65,535 | 10 |',
    );
    expect(page).toMatch(/\| `publishTimeout` \| .* \| a duration \(.*\) of at least 1ms \| "10s" \|/);
    expect(page).toMatch(/\| `timeout` \| .*, or false for none \| "15m" \|/);
  });

  it('has no row without text, and no broken table', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) expect(row.replaceAll('\\|', '')).toMatch(/^(\| [^|]*[^| ][^|]* ){4}\|$/);
  });
});
