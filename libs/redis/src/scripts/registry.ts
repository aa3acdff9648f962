import { createHash } from 'node:crypto';
import type { Script } from './script.js';

/**
 * Settings changed at run time, and the workers. Scripts of their own, not over shared.ts: they touch no job. All begin
 * with ARGV[1], the prefix of the application's keys.
 */

function script(name: string, lua: string): Script {
  const text = `${CLOCK}${lua}`;
  return { name, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}

const CLOCK = `
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function whole(n) return string.format('%.0f', n) end
`;

/**
 * Changes settings. KEYS: settings. ARGV: prefix, then field and value of each; an empty value takes it away. The
 * version comes first, as a full Redis must refuse the whole. Answers the version as text.
 */
export const changeSettings = script(
  'changeSettings',
  `
local version = whole(math.max(tonumber(redis.call('HGET', KEYS[1], 'v') or '0') + 1, clock()))
redis.call('HSET', KEYS[1], 'v', version)
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return version
`,
);

/** Reads settings. KEYS: settings. ARGV: prefix, known version. Answers nothing when it is that, else all fields and values. */
export const readSettings = script(
  'readSettings',
  `
local version = redis.call('HGET', KEYS[1], 'v') or '0'
if version == ARGV[2] then return false end
return redis.call('HGETALL', KEYS[1])
`,
);

/** Announces a worker. KEYS: workers. ARGV: prefix, id, text, ttl ms. Answers 1. */
export const announceWorker = script(
  'announceWorker',
  `
local now = clock()
redis.call('SET', ARGV[1] .. 'w:' .. ARGV[2], ARGV[3], 'PX', ARGV[4])
redis.call('ZADD', KEYS[1], whole(now + ARGV[4]), ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
return 1
`,
);

/** A worker ends. KEYS: workers. ARGV: prefix, id. Answers 1 when it was known. */
export const withdrawWorker = script(
  'withdrawWorker',
  `
redis.call('DEL', ARGV[1] .. 'w:' .. ARGV[2])
return redis.call('ZREM', KEYS[1], ARGV[2])
`,
);

/** Lists the workers. KEYS: workers. ARGV: prefix. Answers id, text, id, text... */
export const listWorkers = script(
  'listWorkers',
  `
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local text = redis.call('GET', ARGV[1] .. 'w:' .. id)
  if text then
    found[#found + 1] = id
    found[#found + 1] = text
  end
end
return found
`,
);
