import assert from 'node:assert/strict';
import { JOB_STATES, TRANSITIONS, type JobEvent, type JobState } from '../../../job/states.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP, type Run, type StoreScene } from './store-scene.js';

/** A job that was brought into a state, and its last run; a made-up one where it had none. */
interface Brought {
  readonly id: string;
  readonly run: Run;
}

/** `blocked` is missing: no call of the port leads there yet. */
type Reachable = Exclude<JobState, 'blocked'>;

const WAYS: Readonly<Record<Reachable, (scene: StoreScene) => Promise<Brought>>> = {
  scheduled: async (scene) => unrun(scene, await scene.enqueue({ dueAt: scene.at(60_000) })),
  queued: async (scene) => unrun(scene, await scene.enqueue()),
  active: running,
  retrying: (scene) => afterRun(scene, { kind: 'retry', delayMs: 1_000, error: ERROR }),
  completed: (scene) => afterRun(scene, { kind: 'completed', result: '1' }),
  failed: (scene) => afterRun(scene, { kind: 'failed', reason: 'terminated', error: ERROR }),
  cancelled: async (scene) => {
    const id = await scene.enqueue();
    await scene.cancel(id);
    return unrun(scene, id);
  },
  enqueue_failed: async (scene) => {
    const id = await scene.enqueue();
    await scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(5), error: ERROR, keep: KEEP }]);
    return unrun(scene, id);
  },
};

function unrun(scene: StoreScene, id: string): Brought {
  const claim = scene.claim(id);
  return { id, run: { claim, fence: { id, generation: 1, token: claim.token, run: 1 } } };
}

async function running(scene: StoreScene): Promise<Brought> {
  const id = await scene.enqueue();
  return { id, run: await scene.begin(id) };
}

async function afterRun(scene: StoreScene, outcome: Parameters<StoreScene['finish']>[1]): Promise<Brought> {
  const brought = await running(scene);
  await scene.finish(brought.run, outcome);
  return brought;
}

const EVENTS: Readonly<
  Record<JobEvent, (scene: StoreScene, brought: Brought, state: JobState) => Promise<unknown>>
> = {
  enqueue: (scene, { id }) => scene.enqueue({ id, payload: '{"other":true}', tags: ['other'] }),
  enqueueFail: (scene, { id }) =>
    scene.records.enqueueFailed([
      { id, generation: 1, at: scene.at(70), error: { ...ERROR, message: 'another' }, keep: KEEP },
    ]),
  // The next message of the job, as a retry or a requeue makes one.
  claim: (scene, { id }) => scene.ask(scene.claim(id, { generation: 2, attempt: 2, at: scene.at(70) })),
  complete: (scene, { run }) => scene.finish(run, { kind: 'completed', result: '"late"' }),
  retry: (scene, { run }) => scene.finish(run, { kind: 'retry', delayMs: 9, error: ERROR }),
  snooze: (scene, { run }) => scene.finish(run, { kind: 'snoozed', delayMs: 9, reason: 'not now' }),
  fail: (scene, { run }) => scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR }),
  cancel: async (scene, { id, run }) => {
    const answer = await scene.cancel(id);
    if (answer.kind === 'asked') await scene.finish(run, { kind: 'cancelled' });
  },
  giveBack: (scene, { run }) => scene.finish(run, { kind: 'interrupted', why: 'shutdown' }),
  reopen: (scene, { id }, state) => scene.records.reopen(id, scene.opening({ from: [state] })),
  replace: (scene, { id }, state) =>
    scene.records.reopen(
      id,
      scene.opening({
        from: [state],
        dueAt: scene.at(90_000),
        payload: { json: '{"new":1}', carried: undefined },
      }),
    ),
};

const REACHABLE = JOB_STATES.filter((state): state is Reachable => state !== 'blocked');

/** The table of states, over the port: what it lets happen happens, and nothing else does. */
export const stateCases: readonly StoreCase[] = REACHABLE.map((state) =>
  storeCase(
    `lets happen to a job in state ${state} what the table of states says, and nothing else`,
    async (scene) => {
      for (const event of Object.keys(EVENTS) as JobEvent[]) {
        const brought = await WAYS[state](scene);
        const before = await scene.job(brought.id);
        assert.equal(before.state, state, 'the state that the case begins in');
        await EVENTS[event](scene, brought, state);
        const after = await scene.job(brought.id);
        const allowed = TRANSITIONS[state][event];
        if (allowed) {
          assert.ok(allowed.includes(after.state), `${event} in ${state} led to ${after.state}`);
          assert.notDeepEqual(after, before, `${event} in ${state} changed nothing`);
        } else {
          assert.deepEqual(after, before, `${event} in ${state} is not in the table and changed the job`);
        }
      }
    },
  ),
);
