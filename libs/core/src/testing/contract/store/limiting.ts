import assert from 'node:assert/strict';
import type {
  LimitAnswer,
  LimitRequest,
  LimitRule,
  LimitStore,
  RateRule,
  Room,
  SlotRule,
} from '../../../ports/store-limits.js';
import { until } from '../../until.js';
import { storeCase as anyCase, type StoreCase } from './store-case.js';
import type { StoreScene } from './store-scene.js';

const LEASE_MS = 60_000;

function storeCase(name: string, play: (scene: StoreScene) => Promise<void>): StoreCase {
  return anyCase(name, play, ['limits']);
}

function slots(scene: StoreScene, limit: number, key = ''): SlotRule {
  return { kind: 'slots', name: scene.fresh(), key, limit };
}

function rate(scene: StoreScene, max: number, perMs: number, burst = 1): RateRule {
  return { kind: 'rate', name: scene.fresh(), key: '', max, perMs, burst };
}

function request(
  scene: StoreScene,
  rules: readonly LimitRule[],
  said: Partial<LimitRequest> = {},
): LimitRequest {
  return {
    ticket: scene.fresh(),
    job: scene.fresh(),
    process: 'p1',
    waitedMs: 0,
    holdMs: 10_000,
    leaseMs: LEASE_MS,
    isPaid: false,
    rules,
    ...said,
  };
}

async function take(limits: LimitStore, asked: LimitRequest): Promise<LimitAnswer> {
  const answers = await limits.take([asked]);
  assert.equal(answers.length, 1);
  return answers[0]!;
}

async function startIn(limits: LimitStore, asked: LimitRequest): Promise<number> {
  const answer = await take(limits, asked);
  assert.ok(answer.kind === 'in', `expected to be let in, and was answered ${JSON.stringify(answer)}`);
  return answer.startInMs;
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

/** Slots and rates over all processes. */
export const limitCases: readonly StoreCase[] = [
  storeCase('gives as many slots as the limit says, to whoever asks', async (scene) => {
    const other = await scene.connect();
    const rule = slots(scene, 7);
    const asked = Array.from({ length: 40 }, (_, index) =>
      take(index % 2 ? other.limits! : scene.limits, request(scene, [rule])),
    );
    const answers = await Promise.all(asked);
    assert.equal(answers.filter(({ kind }) => kind === 'in').length, 7);
    assert.deepEqual(
      answers.find(({ kind }) => kind !== 'in'),
      { kind: 'full', rule: 0 },
    );
    assert.equal((await take(scene.limits, request(scene, [slots(scene, 1)]))).kind, 'in');
  }),

  storeCase('counts the keys of a rule apart', async (scene) => {
    const rule = slots(scene, 1, 'a');
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'in');
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
    assert.equal((await take(scene.limits, request(scene, [{ ...rule, key: 'b' }]))).kind, 'in');
    assert.equal((await take(scene.limits, request(scene, [{ ...rule, key: '' }]))).kind, 'in');
  }),

  storeCase('takes slots of all rules of a job or of none', async (scene) => {
    const wide = slots(scene, 2);
    const narrow = slots(scene, 1, 'tenant');
    const paced = rate(scene, 1, 60_000);
    assert.equal((await take(scene.limits, request(scene, [wide, narrow]))).kind, 'in');
    assert.deepEqual(await take(scene.limits, request(scene, [wide, paced, narrow])), {
      kind: 'full',
      rule: 2,
    });
    assert.equal(await startIn(scene.limits, request(scene, [paced])), 0);
    assert.equal((await take(scene.limits, request(scene, [wide, paced]))).kind, 'later');
    assert.equal((await take(scene.limits, request(scene, [wide]))).kind, 'in');
    assert.equal((await take(scene.limits, request(scene, [wide]))).kind, 'full');
  }),

  storeCase('lets a ticket that holds its slots ask again', async (scene) => {
    const rule = slots(scene, 1);
    const asked = request(scene, [rule]);
    assert.equal((await take(scene.limits, asked)).kind, 'in');
    assert.equal((await take(scene.limits, asked)).kind, 'in');
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
  }),

  storeCase('frees the slots of a released ticket once, and tells those that wait longest', async (scene) => {
    const other = await scene.connect();
    const rule = slots(scene, 1);
    const holder = request(scene, [rule]);
    const heard: Array<[string, Room]> = [];
    const processes = [scene.fresh(), scene.fresh()];
    const stops = await Promise.all(
      processes.map((process) =>
        other.limits!.listen(process, (room) => {
          // After a lost connection a store says that anything may have room.
          if (room.name === rule.name) heard.push([process, room]);
        }),
      ),
    );
    await take(scene.limits, holder);
    await take(scene.limits, request(scene, [rule], { process: processes[0]!, waitedMs: 10 }));
    await take(scene.limits, request(scene, [rule], { process: processes[1]!, waitedMs: 5_000 }));
    const end = { ticket: holder.ticket, slots: [rule], heldMs: 5 };
    await scene.limits.release([end]);
    const { name, key } = rule;
    await until(() => heard.length > 0, 'somebody hears of the free slot');
    assert.deepEqual(heard, [[processes[1], { name, key }]]);
    await scene.limits.release([{ ...end, ticket: '' }]);
    await until(() => heard.length > 1, 'the next hears of it');
    assert.deepEqual(heard[1], [processes[0], { name, key }]);
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'in');
    await scene.limits.release([end]);
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
    for (const stop of stops) stop();
  }),

  storeCase('frees slots whose lease is over, and keeps those that are renewed', async (scene) => {
    const rule = slots(scene, 2);
    const kept = request(scene, [rule], { leaseMs: 400 });
    await take(scene.limits, kept);
    await take(scene.limits, request(scene, [rule], { leaseMs: 400 }));
    await scene.limits.renew([{ ticket: kept.ticket, slots: [rule] }], LEASE_MS);
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
    await scene.passTime(500);
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'in');
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
  }),

  storeCase('takes a lost slot again when its ticket is renewed, also above the limit', async (scene) => {
    const rule = slots(scene, 1);
    const lost = request(scene, [rule], { leaseMs: 200 });
    await take(scene.limits, lost);
    await scene.passTime(300);
    const second = request(scene, [rule]);
    assert.equal((await take(scene.limits, second)).kind, 'in');
    await scene.limits.renew([{ ticket: lost.ticket, slots: [rule] }], LEASE_MS);
    await scene.limits.release([{ ticket: second.ticket, slots: [rule], heldMs: 1 }]);
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'full');
  }),

  storeCase('goes by the limit that was said for all, and tells everybody of it', async (scene) => {
    const other = await scene.connect();
    const rule = slots(scene, 1);
    const heard: Room[] = [];
    const stop = await other.limits!.listen(scene.fresh(), (room) => heard.push(room));
    await scene.limits.configure(rule.name, { kind: 'slots', limit: 3 });
    await until(() => heard.some(({ name }) => name === rule.name), 'the change is heard');
    assert.deepEqual((await other.limits!.configured()).get(rule.name), { kind: 'slots', limit: 3 });
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await take(other.limits!, request(scene, [rule]))).kind, 'in');
    }
    assert.equal((await take(other.limits!, request(scene, [rule]))).kind, 'full');
    await scene.limits.configure(rule.name, undefined);
    assert.equal((await other.limits!.configured()).has(rule.name), false);
    assert.equal((await take(other.limits!, request(scene, [rule]))).kind, 'full');
    stop();
  }),

  storeCase('spaces the starts of a rate evenly, after those of a burst', async (scene) => {
    const rule = rate(scene, 10, 10_000, 3);
    const starts: number[] = [];
    for (let count = 0; count < 6; count += 1)
      starts.push(await startIn(scene.limits, request(scene, [rule])));
    [0, 0, 0, 1_000, 2_000, 3_000].forEach((expected, index) => near(starts[index]!, expected, 400));
    assert.ok(starts[5]! - starts[3]! > 1_500, `the starts ${starts.join(', ')} are not spaced`);
  }),

  storeCase('gives turns, one after the other, to those whose start is too far away', async (scene) => {
    const rule = rate(scene, 1, 20_000);
    assert.equal(await startIn(scene.limits, request(scene, [rule])), 0);
    const delays: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const answer = await take(scene.limits, request(scene, [rule]));
      assert.ok(answer.kind === 'later');
      delays.push(answer.delayMs);
    }
    delays.forEach((delayMs, index) => near(delayMs, 20_000 * (index + 1), 1_000));
  }),

  storeCase('lets a job that comes at its turn go before those without one', async (scene) => {
    const rule = rate(scene, 2, 1_000);
    assert.equal(await startIn(scene.limits, request(scene, [rule], { holdMs: 300 })), 0);
    const early = request(scene, [rule], { holdMs: 300 });
    assert.equal((await take(scene.limits, early)).kind, 'later');
    assert.equal((await take(scene.limits, request(scene, [rule], { holdMs: 300 }))).kind, 'later');
    near(await startIn(scene.limits, early), 500, 300);
    assert.equal((await take(scene.limits, early)).kind, 'later');
  }),

  storeCase('does not spend a rate twice for a job that has paid and waits for a slot', async (scene) => {
    const full = slots(scene, 1);
    const rule = rate(scene, 1, 2_000);
    const holder = request(scene, [full]);
    await take(scene.limits, request(scene, [rule]));
    const asked = request(scene, [full, rule]);
    const paid = await take(scene.limits, asked);
    assert.ok(paid.kind === 'paid');
    near(paid.startInMs, 2_000, 500);
    await take(scene.limits, holder);
    assert.deepEqual(await take(scene.limits, { ...asked, isPaid: true }), { kind: 'full', rule: 0 });
    await scene.limits.release([{ ticket: holder.ticket, slots: [full], heldMs: 1 }]);
    assert.equal(await startIn(scene.limits, { ...asked, isPaid: true }), 0);
    near(await startIn(scene.limits, request(scene, [rule])), 4_000, 1_000);
  }),

  storeCase('lets a changed rate hold from the next start on', async (scene) => {
    const rule = rate(scene, 1, 20_000);
    await startIn(scene.limits, request(scene, [rule]));
    assert.equal((await take(scene.limits, request(scene, [rule]))).kind, 'later');
    await scene.limits.configure(rule.name, { kind: 'rate', max: 1, perMs: 2_000, burst: 1 });
    near(await startIn(scene.limits, request(scene, [rule])), 2_000, 500);
    near(await startIn(scene.limits, request(scene, [rule])), 4_000, 500);
  }),

  storeCase('starts nothing by a rate that is held', async (scene) => {
    const rule = rate(scene, 1_000, 1_000);
    await scene.limits.holdRates([rule], 5_000);
    await scene.limits.holdRates([rule], 10);
    near(await startIn(scene.limits, request(scene, [rule])), 5_000, 500);
    assert.equal((await take(scene.limits, request(scene, [rule], { holdMs: 1_000 }))).kind, 'later');
    assert.equal(await startIn(scene.limits, request(scene, [{ ...rule, key: 'other' }])), 0);
  }),

  storeCase('gives later turns to more jobs that wait for a slot', async (scene) => {
    const rule = slots(scene, 2);
    const held = Array.from({ length: 60 }, () => ({ ticket: scene.fresh(), slots: [rule], heldMs: 4_000 }));
    for (const { ticket } of held) {
      await take(scene.limits, request(scene, [rule], { ticket }));
      await scene.limits.release(held.filter((one) => one.ticket === ticket));
    }
    const delays: number[] = [];
    for (let count = 0; count < 5; count += 1) delays.push(await scene.limits.postpone(rule));
    near(delays[0]!, 1_000, 10);
    // Two slots that are held for 4 s each come free every 2 s; half of that apart.
    near(delays[4]!, 5_000, 600);
    assert.deepEqual(
      delays,
      [...delays].sort((a, b) => a - b),
    );
  }),

  storeCase('tells the items of one call apart, in their order', async (scene) => {
    const rule = slots(scene, 1);
    const answers = await scene.limits.take([
      request(scene, [rule]),
      request(scene, [rule]),
      request(scene, [slots(scene, 1, '{"ü": "\n"}')]),
    ]);
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['in', 'full', 'in'],
    );
  }),
];
