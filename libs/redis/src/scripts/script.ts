import { createHash } from 'node:crypto';
import { SHARED } from './shared.js';

/** A Lua script, known to Redis by its digest. Its first key decides which node of a cluster runs it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

/** One that does the same for many jobs. ARGV: prefix, and for each of them `width` arguments. */
export interface BatchScript extends Script {
  readonly width: number;
}

/** A script over the functions of shared.ts, and others. They are text, and so reach the package as code does. */
export function script(name: string, lua: string, functions = ''): Script {
  const text = `${SHARED}${functions}${lua}`;
  return { name, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Of one job, whose id is ARGV[2]. */
export function jobScript(name: string, lua: string): Script {
  return script(name, `\nof(ARGV[2])\n${lua}`);
}

/**
 * Of many jobs: each pays for what it does, and all together for the start of a script. The text is the body of a
 * function for one of them, of which the first argument is the id, at ARGV[at]. Its answer is never nil.
 */
export function batchScript(name: string, width: number, lua: string, functions = ''): BatchScript {
  const loop = `
local function one(at)
of(ARGV[at])
${lua}
end
local answers = {}
for at = 2, #ARGV, ${width} do answers[#answers + 1] = one(at) end
return answers
`;
  return { ...script(name, loop, functions), width };
}
