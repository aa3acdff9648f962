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
 * of its jobs; for each job its id, one text of numbers (where in ARGV its kind stands first), and `texts` more. Each
 * argument has its price on both sides: hence what is there once for all of a kind, and the numbers as one.
 */
export interface BatchScript extends Script {
  readonly shared: number;
  readonly texts: number;
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

/**
 * Of many jobs: each pays for what it does, and all together for the start of a script. The text is the body of a
 * function for one of them: `numbers` are its own, its shared arguments begin at ARGV[kind], its texts at ARGV[own]. Its
 * answer is never nil.
 */
export function batchScript(
  name: string,
  { shared, texts }: { readonly shared: number; readonly texts: number },
  lua: string,
  functions = '',
): BatchScript {
  const loop = `
local function one(kind, numbers, own)
${lua}
end
local answers = {}
local function all()
for at = 3 + ARGV[2] * ${shared}, #ARGV, ${texts + 2} do
  of(ARGV[at])
  local kind, numbers = string.match(ARGV[at + 1], '^(%d+) ?(.*)$')
  answers[#answers + 1] = one(tonumber(kind), numbers, at + 2)
end
end
local isDone, why = pcall(all)
flush()
if isDone then return answers end
return type(why) == 'table' and why or redis.error_reply(tostring(why))
`;
  return { ...script(name, loop, functions), shared, texts };
}
