import type { LimitScope } from '../../job/limit-names.js';
import type { Limits, RateLimitOptions } from '../../job/limits.js';
import { limitsOf } from '../../options/limits.js';
import type { QueueDirectory } from '../../options/settings.js';
import type { CompiledHandler } from '../routes.js';
import { rulesOf, type RuleSet } from './rules.js';

/** What is said at run time in the place of an option; null: no limit. Concurrency by key is always that of the code. */
export interface LimitPatch {
  readonly maxConcurrent?: number | null;
  /** A key stays that of the code. */
  readonly rateLimit?: Omit<RateLimitOptions, 'key'> | null;
}

/** Which limits jobs of a queue and a handler have in this process: what its code says, changed at run time. */
export class LimitTable {
  private readonly patches = new Map<string, LimitPatch>();
  /** Made when asked for, so that a job costs a look-up. */
  private readonly byQueue = new Map<string, Map<CompiledHandler | undefined, RuleSet | undefined>>();
  private isEmpty: boolean;

  constructor(
    private readonly queues: Pick<QueueDirectory, 'settingsOf' | 'listed'>,
    private readonly handlers: readonly CompiledHandler[],
  ) {
    this.isEmpty = this.hasNone();
  }

  /** Undefined: the job starts as if there were no limits in the world. */
  of(queue: string, handler: CompiledHandler | undefined): RuleSet | undefined {
    if (this.isEmpty) return undefined;
    let known = this.byQueue.get(queue);
    if (!known)
      this.byQueue.set(queue, (known = new Map<CompiledHandler | undefined, RuleSet | undefined>()));
    if (!known.has(handler)) known.set(handler, this.compile(queue, handler));
    return known.get(handler);
  }

  /** From the next job on. Undefined: what the code says. The caller has checked the patch. */
  configure(scope: LimitScope, patch: LimitPatch | undefined): void {
    const id = idOf(scope);
    if (patch) this.patches.set(id, patch);
    else this.patches.delete(id);
    this.byQueue.clear();
    this.isEmpty = this.hasNone();
  }

  private compile(queue: string, handler: CompiledHandler | undefined): RuleSet | undefined {
    const scopes: Array<readonly [LimitScope, Limits | undefined]> = [
      [{ kind: 'queue', name: queue }, this.queues.settingsOf(queue).limits],
    ];
    if (handler) scopes.push([{ kind: 'type', name: handler.pattern }, handler.limits]);
    const limits = scopes.flatMap(([scope, said]) => {
      const found = patched(said, this.patches.get(idOf(scope)));
      return found ? [{ scope, found }] : [];
    });
    const rules = limits.flatMap(({ scope, found }) => rulesOf(scope, found));
    if (rules.length === 0) return undefined;
    const mayRunWithout = limits.every(({ found }) => found.onStoreDown === 'allow');
    return { rules, onStoreDown: mayRunWithout ? 'allow' : 'wait' };
  }

  private hasNone(): boolean {
    return (
      this.patches.size === 0 &&
      this.handlers.every(({ limits }) => !limits) &&
      this.queues.listed.every((queue) => !this.queues.settingsOf(queue).limits)
    );
  }
}

function idOf({ kind, name }: LimitScope): string {
  return `${kind} ${name}`;
}

function patched(said: Limits | undefined, patch: LimitPatch | undefined): Limits | undefined {
  if (!patch) return said;
  const { maxConcurrent, rateLimit } = patch;
  const key = said?.rateLimit?.key;
  return limitsOf([
    {
      maxConcurrent: maxConcurrent === undefined ? said?.maxConcurrent : (maxConcurrent ?? undefined),
      concurrency: said?.concurrency,
      rateLimit:
        rateLimit === undefined
          ? rateOf(said)
          : rateLimit
            ? { ...rateLimit, ...(key && { key }) }
            : undefined,
      limitsOnStoreDown: said?.onStoreDown,
    },
  ]);
}

function rateOf(said: Limits | undefined): RateLimitOptions | undefined {
  if (!said?.rateLimit) return undefined;
  const { max, perMs, burst, key } = said.rateLimit;
  return { max, per: perMs, burst, ...(key && { key }) };
}
