import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { wellFormed } from './record-fields.js';
import { isUnknownScript } from './redis-errors.js';
import type { BatchScript, Script } from './scripts/index.js';

export type ScriptArgument = string | number | undefined;

/** Jobs of one run of a batch: some milliseconds of Redis's time at most, for which others wait. */
const JOBS_A_RUN = 64;

/** One run of a script. */
export interface ScriptCall {
  readonly key: string;
  /** After the prefix. Undefined goes as empty text. */
  readonly args: readonly ScriptArgument[];
}

/** Of one job in a batch. */
export interface JobArguments {
  readonly id: string;
  /** Those that many jobs have alike. */
  readonly shared: readonly ScriptArgument[];
  readonly short: readonly ScriptArgument[];
  readonly texts: readonly ScriptArgument[];
}

/**
 * Runs scripts by their digest. A Redis that does not know one (a new one, a restart, SCRIPT FLUSH) is given its text.
 * Calls that come together travel together.
 */
export class ScriptRunner {
  constructor(
    private readonly link: Link,
    private readonly keys: Keys,
  ) {}

  async runOne(script: Script, call: ScriptCall): Promise<unknown> {
    return (await this.run(script, [call]))[0];
  }

  /** Answers in the order of the items. */
  async runBatch<Item>(
    script: BatchScript,
    items: readonly Item[],
    argumentsOf: (item: Item) => JobArguments,
  ): Promise<unknown[]> {
    const calls: ScriptCall[] = [];
    for (let at = 0; at < items.length; at += JOBS_A_RUN) {
      const jobs = items.slice(at, at + JOBS_A_RUN).map(argumentsOf);
      calls.push({ key: this.keys.types, args: batchArguments(script, jobs) });
    }
    return (await this.run(script, calls)).flat(1);
  }

  /** Answers in the order of the calls. All at once, and each atomic by itself. */
  async run(script: Script, calls: readonly ScriptCall[]): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const answers = await this.link.send(
      calls.map((call) => ['EVALSHA', script.sha, ...this.rest(call)]),
      isUnknownScript,
    );
    const missed = answers.flatMap((answer, index) => (answer instanceof Error ? [index] : []));
    if (missed.length === 0) return answers;
    // The first brings the text, and the others find it known; those of other nodes do not come here.
    const texts = await this.link.send(
      missed.map((index) => ['EVAL', script.lua, ...this.rest(calls[index]!)]),
    );
    missed.forEach((index, at) => (answers[index] = texts[at]));
    return answers;
  }

  private rest({ key, args }: ScriptCall): string[] {
    return ['1', key, this.keys.prefix, ...args.map((value) => (value === undefined ? '' : String(value)))];
  }
}

/** As `BatchScript` says. */
function batchArguments(script: BatchScript, jobs: readonly JobArguments[]): ScriptArgument[] {
  const kinds: Array<readonly ScriptArgument[]> = [];
  // Joined at once: text that grows by pieces leaves each of them to the garbage collector.
  const list: Array<string | number> = [];
  const rest: ScriptArgument[] = [];
  let known = -1;
  for (const { id, shared, short, texts } of jobs) {
    // Jobs of one kind come in rows.
    if (known < 0 || !isAlike(kinds[known]!, shared)) {
      known = kinds.findIndex((kind) => isAlike(kind, shared));
      if (known < 0) known = kinds.push(shared) - 1;
    }
    let more = texts.length;
    while (more > 0 && isEmpty(texts[more - 1])) more -= 1;
    // ARGV[1] is the prefix, ARGV[2] the number of kinds.
    list.push(3 + known * script.shared, more, quotable(id));
    for (let at = 0; at < short.length; at += 1) list.push(quotable(short[at]));
    for (let at = 0; at < more; at += 1) rest.push(texts[at]);
  }
  return [kinds.length, ...kinds.flat(), `["${list.join('","')}"]`, ...rest];
}

const NEEDS_NO_ESCAPE = /^[\w:.-]*$/;

/** What stands between the quotes in JSON; nearly all are plain. cjson takes whole surrogate pairs alone. */
function quotable(value: ScriptArgument): string | number {
  if (value === undefined) return '';
  if (typeof value === 'number' || NEEDS_NO_ESCAPE.test(value)) return value;
  return JSON.stringify(wellFormed(value)).slice(1, -1);
}

function isEmpty(text: ScriptArgument): boolean {
  return text === undefined || text === '';
}

function isAlike(one: readonly ScriptArgument[], other: readonly ScriptArgument[]): boolean {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
