import { createHash } from 'node:crypto';
import { SHARED } from './shared.js';

/** A Lua script, known to Redis by its digest. Its first key decides which node of a cluster runs it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

/** A script over the functions of shared.ts, and others. They are text, and so reach the package as code does. */
export function script(name: string, lua: string, functions = ''): Script {
  const text = `${SHARED}${functions}${lua}`;
  return { name, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}
