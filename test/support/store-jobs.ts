import type { Claim, ClaimAnswer, Ending, Fence, JobStore, Keep, NewJob } from 'nestjs-warren/ports';

/** Jobs for tests of the store: all that is not said is plain. */

export const HOUR: Keep = { ms: 3_600_000, count: undefined };
export const AT = 1_700_000_000_000;

export function newJob(id: string, given: Partial<NewJob> = {}): NewJob {
  return {
    id,
    type: 'email:new',
    queue: 'email',
    generation: 1,
    createdAt: AT,
    dueAt: undefined,
    maxAttempts: 3,
    priority: undefined,
    uniqueKey: undefined,
    correlationId: undefined,
    parentId: undefined,
    rootId: undefined,
    tags: [],
    payload: '{"to":"a@b.example"}',
    carried: undefined,
    ...given,
  };
}

export function claimOf(id: string, given: Partial<Claim> = {}): Claim {
  return {
    id,
    type: 'email:new',
    queue: 'email',
    generation: 1,
    token: 'token-1',
    attempt: 1,
    maxAttempts: 3,
    createdAt: AT,
    at: AT + 10,
    worker: 'worker-1',
    timeoutMs: 30_000,
    ...given,
  };
}

export function fenceOf(claim: Claim, answer: ClaimAnswer): Fence {
  if (answer.kind !== 'run') throw new Error(`The claim of ${claim.id} was answered ${answer.kind}.`);
  return { id: claim.id, generation: claim.generation, token: claim.token, run: answer.run };
}

export function endingOf(
  claim: Claim,
  fence: Fence,
  outcome: Ending['outcome'],
  given: Partial<Ending> = {},
): Ending {
  const at = given.at ?? claim.at + 20;
  return {
    fence,
    type: claim.type,
    queue: claim.queue,
    at,
    outcome,
    attempt: {
      number: claim.attempt,
      startedAt: claim.at,
      endedAt: at,
      worker: claim.worker,
      outcome: outcome.kind,
    },
    keep: HOUR,
    ...given,
  };
}

/** Runs a job once, to that outcome. */
export async function runJob(
  store: JobStore,
  claim: Claim,
  outcome: Ending['outcome'],
  given: Partial<Ending> = {},
): Promise<Fence> {
  const [answer] = await store.records.claim([claim]);
  const fence = fenceOf(claim, answer!);
  await store.records.finished([endingOf(claim, fence, outcome, given)]);
  return fence;
}
