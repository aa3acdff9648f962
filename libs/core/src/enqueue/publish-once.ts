import { ConfigurationError } from '../kernel/errors/index.js';
import { compose } from '../middleware/compose.js';
import type { EnqueueMiddleware } from '../middleware/types.js';
import type { Outgoing } from './build.js';

/** What became of one job on its way through the middleware. */
interface Passage {
  publish: 'not asked for' | 'under way' | 'done' | 'failed';
  error: unknown;
  /** What `next` returned, of each middleware that called it. */
  readonly below: Array<Promise<void>>;
}

/**
 * The way through the application's middleware to the publish. It resolves only when the job was published, and
 * exactly once, whatever the middleware makes of `next`: never called, called twice, not awaited, its error
 * swallowed. Without middleware it is the publish itself.
 */
export function publishOnce(
  middleware: readonly EnqueueMiddleware[],
  publish: (context: Outgoing) => Promise<void>,
): (context: Outgoing) => Promise<void> {
  if (middleware.length === 0) return publish;
  const passages = new WeakMap<object, Passage>();

  const publishHere = async (context: Outgoing): Promise<void> => {
    const passage = passages.get(context)!;
    if (passage.publish !== 'not asked for') throw calledAgain(context, passage);
    passage.publish = 'under way';
    try {
      await publish(context);
      passage.publish = 'done';
    } catch (error) {
      passage.publish = 'failed';
      passage.error = error;
      throw error;
    }
  };

  const watched = middleware.map<EnqueueMiddleware>((wrapper) => (context, next) => {
    const { below } = passages.get(context)!;
    return wrapper(context, () => {
      const result = Promise.resolve(next());
      // One that is not awaited must not end as an unhandled rejection.
      result.catch(() => undefined);
      below.push(result);
      return result;
    });
  });
  const wrapped = compose<Outgoing, void>(watched, publishHere);

  return async (context) => {
    const passage: Passage = { publish: 'not asked for', error: undefined, below: [] };
    passages.set(context, passage);
    await wrapped(context);
    // Not awaited by the middleware, so awaited here; others may begin meanwhile.
    for (let index = 0; index < passage.below.length; index += 1) {
      await passage.below[index]!.catch((error: unknown) => (passage.error ??= error));
    }
    if (passage.publish === 'failed') throw passage.error as Error;
    if (passage.publish !== 'done') throw (passage.error ?? neverCalled(context)) as Error;
  };
}

function neverCalled({ type }: Outgoing): ConfigurationError {
  return new ConfigurationError([
    `enqueue('${type}') middleware: it ended without next(), so the job was not published. Call next() once, or throw to refuse the job.`,
  ]);
}

function calledAgain({ type }: Outgoing, { publish, error }: Passage): ConfigurationError {
  const what = publish === 'failed' ? 'the publish failed' : 'the job is published';
  return new ConfigurationError(
    [
      `enqueue('${type}') middleware: it called next() twice; ${what} by the first call, and the second did nothing. Call it once.`,
    ],
    { cause: error },
  );
}
