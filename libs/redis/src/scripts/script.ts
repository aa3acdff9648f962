import { createHash } from 'node:crypto';
import { SHARED } from './shared.js';

/** A Lua script, known to Redis by its digest. Its first key decides which node of a cluster runs it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

/**
 * One that does the same for many jobs. ARGV: prefix; number of the kinds of jobs; for each kind the `shared` arguments
 * of its jobs; all that is short, of all jobs, as one list in JSON; and the texts of the jobs. Each argument has its price on
 * both sides: hence what is there once for all of a kind, and the list. In that, for each job: where in ARGV its kind
 * stands, how many texts are its own, its id, and its `short` ones.
 */
export interface BatchScript extends Script {
  readonly shared: number;
}

/** A script over the functions of shared.ts, and others. They are text, and so reach the package as code does. */
export function script(name: string, lua: string, functions = ''): Script {
  const text = `${SHARED}${functions}${lua}`;
  return { name, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Of one job, whose id is ARGV[2]. */
export function jobScript(name: string, lua: string): Script {
  return script(
    name,
    `\nof(ARGV[2])\nlocal function main()\n${lua}\nend\nlocal answer = main()\nflush()\nreturn answer\n`,
  );
}

/** What the arguments of a batch are called in the text of its script. */
interface BatchNames {
  /** Alike for all jobs of a kind. */
  readonly shared: readonly string[];
  /** Of one job, all text. */
  readonly short: readonly string[];
  /** Of one job: long texts, of which the last ones may be left out; then they are empty. */
  readonly texts: readonly string[];
  /** What is done once for all jobs of a kind: their table is `alike`, and stays. */
  readonly once?: string;
}

/**
 * Of many jobs: each pays for what it does, and all together for the start of a script. The text is the body of a
 * function for one of them, with its arguments by their names. Its answer is never nil.
 */
export function batchScript(name: string, names: BatchNames, lua: string, functions = ''): BatchScript {
  const { shared, short, texts, once = '' } = names;
  const many = shared.length;
  const loop = `
local function one(${['alike', ...short, ...texts].join(', ')})
${shared.map((own, at) => `local ${own} = alike[${at + 1}]\n`).join('')}${lua}
end
local answers, kinds = {}, {}
local function all()
local text = 3 + ARGV[2] * ${many}
local list = cjson.decode(ARGV[text])
for at = 1, #list, ${3 + short.length} do
  local kind, more = list[at], list[at + 1] + 0
  local alike = kinds[kind]
  if not alike then
    alike = { unpack(ARGV, kind, kind + ${many - 1}) }
    kinds[kind] = alike
    ${once}
  end
  of(list[at + 2])
  answers[#answers + 1] = one(${[
    'alike',
    ...short.map((_, index) => `list[at + ${index + 3}]`),
    ...texts.map((_, index) => `more > ${index} and ARGV[text + ${index + 1}] or ''`),
  ].join(', ')})
  text = text + more
end
end
local isDone, why = pcall(all)
flush()
if isDone then return answers end
return type(why) == 'table' and why or redis.error_reply(tostring(why))
`;
  return { ...script(name, loop, functions), shared: many };
}
