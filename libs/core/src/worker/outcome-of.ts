import type { Envelope } from '../job/envelope.js';
import { judge, rejected } from '../job/judge.js';
import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import type { Clock } from '../kernel/clock.js';
import { describeError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import { deadlineOf } from './admission/index.js';
import type { Ending } from './ending.js';

interface OutcomeParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What an attempt's ending means for its job. */
export function outcomeOf(
  ending: Ending,
  envelope: Envelope,
  policy: Policy,
  parts: OutcomeParts,
): JobOutcome {
  switch (ending.kind) {
    case 'value':
      // Returned instead of thrown, it means the same.
      if (isWarrenError(ending.value, 'WARREN_RATE_LIMITED'))
        return judged(ending.value, envelope, policy, parts);
      return { kind: 'completed', result: ending.value };
    case 'interrupted':
    case 'lost':
    case 'cancelled':
      return ending;
    case 'invalid':
      return rejected(ending.thrown);
    case 'thrown':
      return judged(ending.thrown, envelope, policy, parts);
  }
}

function judged(thrown: unknown, envelope: Envelope, policy: Policy, parts: OutcomeParts): JobOutcome {
  return judge({
    thrown,
    attempt: envelope.attempt,
    policy,
    deadlineAt: deadlineOf(envelope, policy),
    now: parts.clock.now(),
    random: parts.random,
    reportPolicyError: (name, error) => reportPolicyError(name, error, envelope, parts.logger),
  });
}

function reportPolicyError(name: string, error: unknown, { type, id }: Envelope, logger: Logger): void {
  const told = describeError(error);
  logger.error(
    `${name} of '${type}' failed for job ${id}, so the default decided: ${told.name}: ${told.message}. Mend the function given to the handler's options.`,
  );
}
