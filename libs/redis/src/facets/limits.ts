import type {
  HeldTicket,
  LimitAnswer,
  LimitRequest,
  LimitResource,
  LimitRule,
  LimitStore,
  LimitValue,
  RoomListener,
  SlotRule,
  TicketEnd,
} from 'nestjs-warren/ports';
import type { Keys } from '../keys.js';
import type { RoomNotices } from '../rooms.js';
import type { ScriptArgument, ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/limits.js';

/** Slots that one call renews at most: Lua takes some thousand arguments. */
const RENEWED_AT_ONCE = 500;

export class RedisLimits implements LimitStore {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
    private readonly notices: RoomNotices,
  ) {}

  async take(requests: readonly LimitRequest[]): Promise<LimitAnswer[]> {
    const answers = await this.runner.run(
      scripts.takeLimits,
      requests.map(({ ticket, job, process, waitedMs, holdMs, leaseMs, isPaid, rules }) =>
        this.call([
          ticket,
          job,
          process,
          waitedMs,
          holdMs,
          leaseMs,
          isPaid ? 1 : 0,
          ...rules.flatMap(ruleArguments),
        ]),
      ),
    );
    return answers.map((answer) => answerOf(answer as [LimitAnswer['kind'], number, string]));
  }

  async release(ends: readonly TicketEnd[]): Promise<void> {
    await this.runner.run(
      scripts.releaseLimits,
      ends.map(({ ticket, slots, heldMs }) =>
        this.call([ticket, heldMs, ...slots.flatMap(({ name, key, limit }) => [name, key, limit])]),
      ),
    );
  }

  async renew(tickets: readonly HeldTicket[], leaseMs: number): Promise<void> {
    const held = tickets.flatMap(({ ticket, slots }) => slots.map(({ name, key }) => [ticket, name, key]));
    const calls = [];
    for (let at = 0; at < held.length; at += RENEWED_AT_ONCE) {
      calls.push(this.call([leaseMs, ...held.slice(at, at + RENEWED_AT_ONCE).flat()]));
    }
    await this.runner.run(scripts.renewLimits, calls);
  }

  async postpone({ name, key, limit }: SlotRule): Promise<number> {
    return Number(await this.runner.runOne(scripts.postponeLimit, this.call([name, key, limit])));
  }

  async holdRates(rates: readonly LimitResource[], forMs: number): Promise<void> {
    const resources = rates.flatMap(({ name, key }) => [name, key]);
    await this.runner.runOne(scripts.holdRates, this.call([forMs, ...resources]));
  }

  async configure(name: string, limit: LimitValue | undefined): Promise<void> {
    await this.runner.runOne(scripts.configureLimit, this.call([name, limit && textOf(limit)]));
  }

  async configured(): Promise<ReadonlyMap<string, LimitValue>> {
    const pairs = (await this.runner.runOne(scripts.configuredLimits, this.call([]))) as string[];
    const said = new Map<string, LimitValue>();
    for (let at = 0; at + 1 < pairs.length; at += 2) said.set(pairs[at]!, valueOf(pairs[at + 1]!));
    return said;
  }

  listen(process: string, onRoom: RoomListener): Promise<() => void> {
    return this.notices.listen(process, onRoom);
  }

  private call(args: readonly ScriptArgument[]) {
    return { key: this.keys.limits, args };
  }
}

function ruleArguments(rule: LimitRule): ScriptArgument[] {
  const { name, key } = rule;
  return rule.kind === 'slots'
    ? ['s', name, key, rule.limit, '', '']
    : ['r', name, key, rule.max, rule.perMs, rule.burst];
}

function answerOf([kind, index, text]: readonly [LimitAnswer['kind'], number, string]): LimitAnswer {
  const rule = Number(index);
  const ms = Number(text);
  switch (kind) {
    case 'full':
      return { kind, rule };
    case 'later':
      return { kind, rule, delayMs: ms };
    case 'in':
    case 'paid':
      return { kind, startInMs: ms };
  }
}

/** What 'lo' has of a rule; the scripts read it too. */
function textOf(limit: LimitValue): string {
  return limit.kind === 'slots' ? `s ${limit.limit}` : `r ${limit.max} ${limit.perMs} ${limit.burst}`;
}

function valueOf(text: string): LimitValue {
  const [kind, ...numbers] = text.split(' ');
  const [first = 1, perMs = 1, burst = 1] = numbers.map(Number);
  return kind === 's' ? { kind: 'slots', limit: first } : { kind: 'rate', max: first, perMs, burst };
}
