import { createHash } from 'node:crypto';
import { FURTHEST_TURN_MS, LEAST_TURN_MS, MOST_TURN_MS, SLOT_KEPT_MS } from 'nestjs-warren/ports';
import type { Script } from './script.js';

/**
 * Slots and rates over all processes. All scripts begin with ARGV[1], the prefix of the application's keys; time is
 * Redis's own, in milliseconds with their fractions. Of each resource (one key of a rule), named by R, in the way of
 * shared.ts with lengths before names: 'ls:' who holds a slot until when, 'lw:' which process waits since when, 'lr:' the
 * state of a rate (t theoretical arrival time, l last start, v line, h held until, i its shape) or of slots (v line, a mean
 * time of a holder), 'lp:' the turns of jobs that come later. 'lo' has what was said of rules for all processes. The first
 * write of a script is one that a full Redis refuses.
 */
const LIMITS = `
local P = ARGV[1]
local call = redis.call
local FURTHEST = ${FURTHEST_TURN_MS}

local function clock()
  local t = call('TIME')
  return t[1] * 1000 + t[2] / 1000
end

local function text(n) return string.format('%.3f', n) end
local function whole(n) return string.format('%.0f', math.ceil(n)) end

local function resource(name, key) return #name .. ':' .. name .. ':' .. key end

-- What was said of the rule for all takes the place of what the caller says.
local function slotLimit(name, said)
  local all = call('HGET', P .. 'lo', name)
  return tonumber(all and string.match(all, '^s (%d+)$') or said)
end

local function held(r, now) return call('ZCOUNT', P .. 'ls:' .. r, '(' .. text(now), '+inf') end

local function hold(r, ticket, now, lease)
  local key = P .. 'ls:' .. r
  call('ZADD', key, text(now + lease), ticket)
  call('ZREMRANGEBYSCORE', key, '-inf', text(now))
  if call('PTTL', key) < lease then call('PEXPIRE', key, whole(lease + 60000)) end
end

local function numbers(...)
  local found = {}
  for i, v in ipairs({...}) do found[i] = tonumber(v or 0) or 0 end
  return unpack(found)
end
`;

function limitScript(name: string, lua: string): Script {
  const all = `${LIMITS}${lua}`;
  return { name, lua: all, sha: createHash('sha1').update(all).digest('hex') };
}

/**
 * May a job start? ARGV: prefix, ticket, job, process, waited ms, hold ms, lease ms, 1 when paid; then for each rule
 * kind ('s', 'r'), name, key, limit or max, per ms, burst. Answers {kind, index of the rule, ms}.
 */
export const takeLimits = limitScript(
  'takeLimits',
  `
local ticket, job, process = ARGV[2], ARGV[3], ARGV[4]
local waited, near, lease = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local paid = ARGV[8] == '1'
local now = clock()
local slots, rates = {}, {}

for at = 9, #ARGV, 6 do
  local index, name = (at - 9) / 6, ARGV[at + 1]
  local r = resource(name, ARGV[at + 2])
  if ARGV[at] == 's' then
    slots[#slots + 1] = r
    local key = P .. 'ls:' .. r
    local until_at = call('ZSCORE', key, ticket)
    if not (until_at and tonumber(until_at) > now) and held(r, now) >= slotLimit(name, ARGV[at + 3]) then
      call('ZADD', P .. 'lw:' .. r, 'LT', text(now - waited), process)
      call('PEXPIRE', P .. 'lw:' .. r, 60000)
      return { 'full', index, 0 }
    end
  elseif not paid then
    local all = call('HGET', P .. 'lo', name)
    local max, per, burst
    if all then max, per, burst = string.match(all, '^r (%S+) (%S+) (%S+)$') end
    if not max then max, per, burst = ARGV[at + 3], ARGV[at + 4], ARGV[at + 5] end
    local shape = max .. ' ' .. per .. ' ' .. burst
    local state = call('HMGET', P .. 'lr:' .. r, 't', 'l', 'v', 'h', 'i')
    local t, l, v, h = numbers(state[1], state[2], state[3], state[4])
    local interval, most = per / max, tonumber(burst)
    if state[5] and state[5] ~= shape then
      t, v = math.min(t, l + most * interval), 0
    end
    rates[#rates + 1] = {
      index = index, r = r, shape = shape, interval = interval, t = t, v = v, h = h,
      turn = call('ZSCORE', P .. 'lp:' .. r, job),
      start = math.max(now, t - (most - 1) * interval, h),
    }
  end
end

local function keep(rate, l)
  local key = P .. 'lr:' .. rate.r
  call('HSET', key, 't', text(rate.t), 'v', text(rate.v), 'i', rate.shape)
  if l then call('HSET', key, 'l', text(l)) end
  call('PEXPIRE', key, whole(math.max(rate.t, rate.v, rate.h, now) - now + FURTHEST))
end

local start, last = now, nil
for _, rate in ipairs(rates) do
  start = math.max(start, rate.start)
  if rate.start - now > (rate.turn and 2 * near or near) and (not last or rate.start > last.start) then last = rate end
end

if last then
  local turn = math.max(last.v, last.start)
  if turn - now > FURTHEST then return { 'later', last.index, FURTHEST } end
  last.v = turn + last.interval
  keep(last)
  local turns = P .. 'lp:' .. last.r
  call('ZADD', turns, text(turn), job)
  call('ZREMRANGEBYSCORE', turns, '-inf', text(now - FURTHEST))
  call('PEXPIRE', turns, whole(turn - now + FURTHEST))
  return { 'later', last.index, whole(turn - now) }
end

for _, rate in ipairs(rates) do
  rate.t = math.max(start, rate.t) + rate.interval
  keep(rate, start)
  if rate.turn then call('ZREM', P .. 'lp:' .. rate.r, job) end
end
if #slots > 0 and start - now > ${SLOT_KEPT_MS} then return { 'paid', 0, whole(start - now) } end
for _, r in ipairs(slots) do hold(r, ticket, now, lease) end
return { 'in', 0, whole(start - now) }
`,
);

/**
 * Frees slots, and tells as many processes as are free. ARGV: prefix, ticket (empty: frees none), held ms; then for each
 * rule name, key, limit.
 */
export const releaseLimits = limitScript(
  'releaseLimits',
  `
local ticket, heldMs = ARGV[2], tonumber(ARGV[3])
local now = clock()
for at = 4, #ARGV, 3 do
  local name, key = ARGV[at], ARGV[at + 1]
  local r = resource(name, key)
  if ticket ~= '' and call('ZREM', P .. 'ls:' .. r, ticket) == 1 then
    local mean = tonumber(call('HGET', P .. 'lr:' .. r, 'a') or 200)
    call('HSET', P .. 'lr:' .. r, 'a', text(mean + 0.2 * (heldMs - mean)))
    if call('PTTL', P .. 'lr:' .. r) < FURTHEST then call('PEXPIRE', P .. 'lr:' .. r, FURTHEST) end
  end
  local room = slotLimit(name, ARGV[at + 2]) - held(r, now)
  if room > 0 then
    local next = call('ZPOPMIN', P .. 'lw:' .. r, math.min(room, 1000))
    if #next == 0 then call('HDEL', P .. 'lr:' .. r, 'v') end
    for i = 1, #next, 2 do call('PUBLISH', P .. 'room:' .. next[i], resource(name, key)) end
  end
end
return 1
`,
);

/** Holds slots for longer. ARGV: prefix, lease ms; then for each slot ticket, name, key. */
export const renewLimits = limitScript(
  'renewLimits',
  `
local lease, now = tonumber(ARGV[2]), clock()
for at = 3, #ARGV, 3 do hold(resource(ARGV[at + 1], ARGV[at + 2]), ARGV[at], now, lease) end
return 1
`,
);

/** When to ask for a slot again. ARGV: prefix, name, key, limit. Answers milliseconds. */
export const postponeLimit = limitScript(
  'postponeLimit',
  `
local now, key = clock(), P .. 'lr:' .. resource(ARGV[2], ARGV[3])
local state = call('HMGET', key, 'v', 'a')
local turn = math.max(tonumber(state[1] or 0), now + ${LEAST_TURN_MS})
if turn - now > ${MOST_TURN_MS} then return ${MOST_TURN_MS} end
call('HSET', key, 'v', text(turn + tonumber(state[2] or 200) / slotLimit(ARGV[2], ARGV[4]) / 2))
if call('PTTL', key) < FURTHEST then call('PEXPIRE', key, FURTHEST) end
return whole(turn - now)
`,
);

/** Starts nothing by rates for a time. ARGV: prefix, ms; then for each rate name, key. */
export const holdRates = limitScript(
  'holdRates',
  `
local now = clock()
local forMs = tonumber(ARGV[2])
for at = 3, #ARGV, 2 do
  local key = P .. 'lr:' .. resource(ARGV[at], ARGV[at + 1])
  local h = math.max(tonumber(call('HGET', key, 'h') or 0), now + forMs)
  call('HSET', key, 'h', text(h))
  local left = whole(h - now + FURTHEST)
  if call('PTTL', key) < tonumber(left) then call('PEXPIRE', key, left) end
end
return 1
`,
);

/** Says the limit of a rule for all. ARGV: prefix, name, text of the limit (empty: none). */
export const configureLimit = limitScript(
  'configureLimit',
  `
if ARGV[3] == '' then call('HDEL', P .. 'lo', ARGV[2]) else call('HSET', P .. 'lo', ARGV[2], ARGV[3]) end
return call('PUBLISH', P .. 'rooms', ARGV[2])
`,
);

/** What was said of rules for all. ARGV: prefix. Answers name, text, name, text. */
export const configuredLimits = limitScript('configuredLimits', `return call('HGETALL', P .. 'lo')`);
