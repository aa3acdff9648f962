import { script } from './script.js';

/**
 * Takes a unique key. KEYS: unique key. ARGV: prefix, -, holder, ttl ms. Answers {holder, 1 when the key
 * was free}; asked again by the holder, it is kept for the whole ttl.
 */
export const reserve = script(
  'reserve',
  `
local held = call('GET', KEYS[1])
if held and held ~= ARGV[3] then return { held, 0 } end
call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return { ARGV[3], held and 0 or 1 }
`,
);

/** Frees a unique key. KEYS: unique key. ARGV: prefix, -, holder. Answers 1 when that job held it. */
export const release = script(
  'release',
  `
if call('GET', KEYS[1]) ~= ARGV[3] then return 0 end
return call('DEL', KEYS[1])
`,
);
