import type { DeadLetter, DeadLetterVisitor } from '../ports/broker.js';
import { LetterWalks } from './letter-walks.js';

const letter = (messageId: string | undefined): DeadLetter =>
  ({ message: { messageId }, brokerReason: undefined }) as unknown as DeadLetter;

/** Walks that go on until the test ends them. */
function slowBroker(letters: readonly DeadLetter[]) {
  const begun: Array<{ readonly queue: string; end: (error?: Error) => void }> = [];
  const decided: string[] = [];
  return {
    begun,
    decided,
    visitDeadLetters: (queue: string, visit: DeadLetterVisitor) =>
      new Promise<void>((resolve, reject) => {
        const end = (error?: Error) => {
          if (error) return reject(error);
          for (const met of letters) decided.push(`${met.message.messageId}: ${visit(met) as string}`);
          resolve();
        };
        begun.push({ queue, end });
      }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('walks through dead letters for single jobs', () => {
  it('are one at a time for each queue, and what comes meanwhile shares the next', async () => {
    const broker = slowBroker([letter('a'), letter('b'), letter(undefined), letter('c')]);
    const walks = new LetterWalks(broker);
    const first = walks.walk('email', 'a', () => 'discard');
    const other = walks.walk('pdf', 'a', () => 'keep');
    const later = ['b', 'c'].map((id) => walks.walk('email', id, () => 'discard'));
    await settled();
    expect(broker.begun.map(({ queue }) => queue)).toEqual(['email', 'pdf']);
    broker.begun[0]!.end();
    await first;
    await settled();
    expect(broker.begun.map(({ queue }) => queue)).toEqual(['email', 'pdf', 'email']);
    expect(broker.decided).toEqual(['a: discard', 'b: keep', 'undefined: keep', 'c: keep']);
    broker.begun[2]!.end();
    await Promise.all(later);
    expect(broker.decided.slice(4)).toEqual(['a: keep', 'b: discard', 'undefined: keep', 'c: discard']);
    broker.begun[1]!.end();
    await other;
    expect(broker.begun).toHaveLength(3);
  });

  it('asks all errands of one job, until one wants something of the letter', async () => {
    const broker = slowBroker([letter('a')]);
    const walks = new LetterWalks(broker);
    const blocking = walks.walk('email', 'x', () => 'keep');
    const asked: string[] = [];
    const errand = (name: string, decision: 'keep' | 'discard') =>
      walks.walk('email', 'a', () => (asked.push(name), decision));
    const all = [errand('looks', 'keep'), errand('removes', 'discard'), errand('too late', 'discard')];
    broker.begun[0]!.end();
    await blocking;
    await settled();
    broker.begun[1]!.end();
    await Promise.all(all);
    expect(asked).toEqual(['looks', 'removes']);
  });

  it('tells those of a walk that it failed, and goes on with the others', async () => {
    const broker = slowBroker([letter('b')]);
    const walks = new LetterWalks(broker);
    const first = walks.walk('email', 'a', () => 'keep');
    const second = walks.walk('email', 'b', () => 'discard');
    broker.begun[0]!.end(new Error('the channel closed'));
    await expect(first).rejects.toThrow('the channel closed');
    await settled();
    broker.begun[1]!.end();
    await second;
    expect(broker.decided).toEqual(['b: discard']);
  });
});
