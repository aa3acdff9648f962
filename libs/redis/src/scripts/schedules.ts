import { createHash } from 'node:crypto';
import type { Script } from './script.js';

/**
 * Schedules. All begin with ARGV[1], the prefix of the application's keys, and ARGV[2], the name of the schedule, where
 * there is one. Instants come as arguments and stay text; Redis's own clock decides on the end of a lease alone.
 * An empty argument is one that was not said.
 *
 * Fields: o origin, t timing, b body, v version, c created, h changed, y seen, p paused, l dealt with up to here,
 * n fired, j id of the last job, k instant of its occurrence, w occurrence that waits, e error.
 */
const COMMON = `
local P, NAME = ARGV[1], ARGV[2]
local call = redis.call

local function known(key)
  return call('HMGET', key, 'o', 't', 'b', 'v', 'c', 'h', 'y', 'p', 'l', 'n', 'j', 'k', 'w', 'e')
end

local function revised() call('HINCRBY', P .. 'scheduling', 'revision', 1) end

local function later(a, b)
  if not a or tonumber(a) < tonumber(b) then return b end
  return a
end

local function keep(key, field, value)
  if value == '' then call('HDEL', key, field) else call('HSET', key, field, value) end
end
`;

function script(name: string, lua: string): Script {
  const text = `${COMMON}${lua}`;
  return { name, lua: text, sha: createHash('sha1').update(text).digest('hex') };
}

/** KEYS: leader. ARGV: prefix, holder, ms. Answers {1 for the leader, term, revision, count}. */
export const lead = script(
  'lead',
  `
local count = call('SCARD', P .. 'schedules')
local leader = call('GET', KEYS[1])
local leads = count > 0 and (not leader or leader == NAME)
if leads then
  call('SET', KEYS[1], NAME, 'PX', ARGV[3])
  if not leader then call('HINCRBY', P .. 'scheduling', 'term', 1) end
end
local marks = call('HMGET', P .. 'scheduling', 'term', 'revision')
return { leads and 1 or 0, marks[1] or '0', marks[2] or '0', count }
`,
);

/** KEYS: leader. ARGV: prefix, holder. */
export const resign = script(
  'resign',
  `
if call('GET', KEYS[1]) == NAME then call('DEL', KEYS[1]) end
return 1
`,
);

/** KEYS: schedule. ARGV: prefix, name, origin, timing, body, at. Answers what was there: fields, or nothing. */
export const put = script(
  'put',
  `
local _, _, origin, timing, body, at = unpack(ARGV)
local key = KEYS[1]
local was = known(key)
if was[4] and was[1] == origin and was[2] == timing and was[3] == body then
  call('HSET', key, 'y', later(was[7], at))
  return was
end
call('HSET', key, 'o', origin, 't', timing, 'b', body, 'h', at, 'y', at)
call('HINCRBY', key, 'v', 1)
call('HSETNX', key, 'c', at)
if was[2] ~= timing then
  call('HSET', key, 'l', later(was[9], at), 'n', 0)
  call('HDEL', key, 'w')
end
call('SADD', P .. 'schedules', NAME)
revised()
if was[4] then return was end
return {}
`,
);

/** KEYS: schedules. ARGV: prefix, -, 1 for those that follow, names. Answers {name, fields} of those known. */
export const read = script(
  'read',
  `
local names = {}
if ARGV[3] == '1' then
  for at = 4, #ARGV do names[#names + 1] = ARGV[at] end
else
  names = call('SMEMBERS', KEYS[1])
end
local found = {}
for _, name in ipairs(names) do
  local fields = known(P .. 's:' .. name)
  if fields[4] then found[#found + 1] = { name, fields } end
end
return found
`,
);

/** KEYS: schedules. ARGV: prefix, -, at, names. */
export const touch = script(
  'touch',
  `
for at = 4, #ARGV do
  local key = P .. 's:' .. ARGV[at]
  local seen = call('HGET', key, 'y')
  if seen then call('HSET', key, 'y', later(seen, ARGV[3])) end
end
return 1
`,
);

/** KEYS: schedule. ARGV: prefix, name, 'pause' | 'resume', at. Answers the fields then, or nothing. */
export const change = script(
  'change',
  `
local _, _, kind, at = unpack(ARGV)
local key = KEYS[1]
local was = known(key)
if not was[4] then return {} end
if (kind == 'pause') == (was[8] and true or false) then return was end
call('HSET', key, 'h', at)
if kind == 'pause' then
  call('HSET', key, 'p', at)
else
  call('HSET', key, 'l', later(was[9], at))
  call('HDEL', key, 'p', 'w')
end
revised()
return known(key)
`,
);

/** KEYS: schedule. ARGV: prefix, name, instant since which nobody saw it. Answers 1 when it was removed. */
export const remove = script(
  'remove',
  `
local was = call('HMGET', KEYS[1], 'o', 'y')
if not was[1] then return 0 end
if ARGV[3] ~= '' and (was[1] ~= 'code' or tonumber(was[2]) > tonumber(ARGV[3])) then return 0 end
revised()
call('SREM', P .. 'schedules', NAME)
call('DEL', KEYS[1])
return 1
`,
);

/**
 * KEYS: schedule. ARGV: prefix, name, version, term, dealt with up to here, id of the job, its occurrence, occurrence
 * that waits, error. Answers 1 when it is written.
 */
export const advance = script(
  'advance',
  `
local _, _, version, term, at, id, jobAt, waits, why = unpack(ARGV)
local key = KEYS[1]
local was = call('HMGET', key, 'v', 'l')
if was[1] ~= version or call('HGET', P .. 'scheduling', 'term') ~= term then return 0 end
call('HSET', key, 'l', later(was[2], at))
if id ~= '' then
  call('HSET', key, 'j', id, 'k', jobAt)
  call('HINCRBY', key, 'n', 1)
end
keep(key, 'w', waits)
keep(key, 'e', why)
return 1
`,
);
