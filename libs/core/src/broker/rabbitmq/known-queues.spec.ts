import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../kernel/errors/index.js';
import type { QueueSpec } from '../../ports/broker.js';
import { settled } from '../../testing/manual-clock.js';
import { KnownQueues } from './known-queues.js';

interface Asked {
  readonly model: unknown;
  readonly queue: string;
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

const [first, second] = ['first', 'second'] as unknown as [ChannelModel, ChannelModel];
const mismatch = new WarrenError('WARREN_TOPOLOGY_MISMATCH', 'differs');
const spec = (name: string) => ({ name }) as QueueSpec;

describe('queues that the broker was told of', () => {
  let asked: Asked[];
  let told: string[];
  let queues: KnownQueues;

  beforeEach(() => {
    [asked, told] = [[], []];
    queues = new KnownQueues(
      (model, { name: queue }) =>
        new Promise<void>((answer, fail) => {
          asked.push({ model, queue, answer, fail });
        }),
      {
        declared: () => told.push('declared'),
        refused: (queue, error) => {
          // Those that wait hear of it before anything is sent.
          told.push(`${queue}: ${error.message}, ${queues.isUndeclared(queue) ? 'still held' : 'let go'}`);
        },
      },
    );
  });

  const connect = (model = first): Promise<void> => queues.connected(model, () => undefined);

  it('are declared when the connection is there, also those that come while others are declared', async () => {
    await queues.ensure(spec('a'));
    const connecting = connect();
    await queues.ensure(spec('b'));
    expect([queues.isUndeclared('a'), queues.isUndeclared('b')]).toEqual([true, true]);
    asked[0]!.answer();
    await settled();
    asked[1]!.answer();
    await connecting;
    expect(asked.map(({ queue }) => queue)).toEqual(['a', 'b']);
    expect(queues.areAllDeclared).toBe(true);
  });

  it('are declared once for all who ask at the same time', async () => {
    await connect();
    const ensured = Promise.all([queues.ensure(spec('a')), queues.ensure(spec('a'))]);
    expect(queues.declareAnew('a')).toBe(true);
    expect(asked).toHaveLength(1);
    asked[0]!.answer();
    await ensured;
    expect(told).toEqual(['declared']);
    await queues.ensure(spec('a'));
    expect(asked).toHaveLength(1);
  });

  it('are declared by the next connection when theirs ends meanwhile', async () => {
    await connect();
    const ensured = queues.ensure(spec('a'));
    queues.disconnected();
    asked[0]!.fail(new Error('Channel ended, no reply will be forthcoming'));
    await ensured;
    expect(queues.isUndeclared('a')).toBe(true);
    const connecting = connect(second);
    asked[1]!.answer();
    await connecting;
    expect(queues.areAllDeclared).toBe(true);
    expect(told).toEqual([]);
  });

  it('wait for the next connection when one ends behind its last answer', async () => {
    await queues.ensure(spec('a'));
    const connecting = connect();
    queues.disconnected();
    asked[0]!.answer();
    await connecting;
    await queues.ensure(spec('b'));
    expect(asked).toHaveLength(1);
    expect(queues.isUndeclared('b')).toBe(true);
  });

  it('fail those that wait when they are refused, and are asked for again', async () => {
    await connect();
    const refused = expect(queues.ensure(spec('a'))).rejects.toBe(mismatch);
    asked[0]!.fail(mismatch);
    await refused;
    expect(told).toEqual(['a: differs, still held', 'declared']);
    expect([queues.isRefused('a'), queues.areAllDeclared]).toEqual([true, true]);
    queues.declareAnew('a');
    expect([queues.isRefused('a'), queues.isUndeclared('a')]).toEqual([false, true]);
    asked[1]!.answer();
    await settled();
    expect(queues.areAllDeclared).toBe(true);
  });

  it('fail with a code when the broker could not be asked, and are forgotten', async () => {
    await connect();
    const failed = expect(queues.ensure(spec('a'))).rejects.toMatchObject({
      code: 'WARREN_NOT_CONNECTED',
      message: expect.stringMatching(/^Queue 'a' could not be declared: no more channels/) as string,
    });
    asked[0]!.fail(new Error('no more channels'));
    await failed;
    expect(queues.declareAnew('a')).toBe(false);
    void queues.ensure(spec('a'));
    expect(asked).toHaveLength(2);
  });
});
