import { z } from 'zod';
import {
  defineJob,
  isJobDefinition,
  isStandardSchema,
  type InputOf,
  type JobDefinition,
  type OutputOf,
  type ResultOf,
} from './definition.js';

class Email {
  to!: string;
  copies?: number;
}

interface Receipt {
  readonly messageId: string;
}

const ByClass = defineJob<Receipt>()('email:new', { payload: Email, attempts: 8 });
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- only its types are tested
const BySchema = defineJob<number>()('order:count', {
  payload: z.object({ at: z.string().transform((text) => new Date(text)), size: z.number().default(1) }),
});
const Bare = defineJob()('report:monthly');

/** Compiles only when both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { expected: A; got: B };
const same = <_Check extends true>(): void => undefined;

describe('a job definition', () => {
  it('gives the types of its payload and result to the compiler', () => {
    same<Same<InputOf<typeof ByClass>, Email>>();
    same<Same<OutputOf<typeof ByClass>, Email>>();
    same<Same<ResultOf<typeof ByClass>, Receipt>>();
    same<Same<InputOf<typeof BySchema>, { at: string; size?: number | undefined }>>();
    same<Same<OutputOf<typeof BySchema>, { at: Date; size: number }>>();
    same<Same<ResultOf<typeof BySchema>, number>>();
    same<Same<InputOf<typeof Bare>, unknown>>();
    same<Same<ResultOf<typeof Bare>, unknown>>();
    ByClass satisfies JobDefinition<Email, Email, Receipt>;
    // @ts-expect-error: a text is no number of attempts
    expect(defineJob()('a:b', { attempts: '3' }).type).toBe('a:b');
    // @ts-expect-error: there is no such option
    expect(defineJob()('a:b', { atempts: 3 }).type).toBe('a:b');
  });

  it('keeps type, queue, contract and policy, frozen', () => {
    const definition = defineJob()('a:b', { queue: 'slow', payload: Email, attempts: 3, timeout: '5s' });
    expect(definition).toMatchObject({
      type: 'a:b',
      queue: 'slow',
      payload: Email,
      policy: { attempts: 3, timeout: '5s' },
    });
    expect(Object.isFrozen(definition) && Object.isFrozen(definition.policy)).toBe(true);
    expect(Bare).toMatchObject({ queue: undefined, payload: undefined, policy: {} });
  });

  it('is refused when type or queue is no name, with all problems', () => {
    expect(() => defineJob()('a b', { queue: 'c:d' })).toThrow(
      /defineJob\("a b"\).*\n.*defineJob\('a b', \{ queue \}\): "c:d"/s,
    );
    expect(() => defineJob()('email:')).toThrow(/a job type is made of/);
  });

  it('is recognised among other values', () => {
    expect(isJobDefinition(Bare)).toBe(true);
    for (const other of [null, 'email:new', {}, { type: 'a', policy: {} }]) {
      expect(isJobDefinition(other)).toBe(false);
    }
  });
});

describe('a Standard Schema', () => {
  it('is recognised, as an object and as a function', () => {
    expect(isStandardSchema(z.string())).toBe(true);
    expect(isStandardSchema(Object.assign(() => true, { '~standard': {} }))).toBe(true);
    for (const other of [null, undefined, 'x', {}, Email]) expect(isStandardSchema(other)).toBe(false);
  });
});
