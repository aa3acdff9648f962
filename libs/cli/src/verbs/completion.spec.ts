import { createProgram } from '../program.js';
import { wordsAfter } from './completion.js';

const program = createProgram(() => async () => undefined);

describe('words that complete', () => {
  it.each([
    [[], 'queues', 'list'],
    [['queues'], 'purge', 'groups'],
    [['jobs', 'list'], '--state', 'retry'],
    [['dead', 'retry', '--error', 'x'], '--rate', '--cron'],
  ])('behind %j there is %s and no %s', (before, there, notThere) => {
    const words = wordsAfter(program, before);
    expect(words).toContain(there);
    expect(words).not.toContain(notThere);
    expect(words).toContain('--help');
    expect(words.join()).not.toMatch(/__complete/);
  });
});
