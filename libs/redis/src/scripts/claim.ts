import { batchScript } from './script.js';
import { TAKING } from './taking.js';

/**
 * Deliveries ask whether their handlers may run. Shared: type, queue, most attempts, worker, timeout. Own: generation,
 * token, attempt, created, at.
 *
 * Answers the run, where the handler may; else {'ended', outcome, delay, snooze reason, failure reason, error} |
 * {'duplicate', generation} | {'cancelled', cancellation, 'now' if this ended it} | {'discarded'}.
 */
export const claim = batchScript(
  'claim',
  { shared: 5, own: 5 },
  `
local t, q, most, worker, timeout = unpack(ARGV, kind, kind + 4)
local g, k, attempt, c, now = unpack(ARGV, own, own + 4)
local v = call('HMGET', JOB, 's', 'n', 'k', 'g', 'q', 't', 'c', 'u', 'm')
local s = v[1]
-- The way of nearly all: the first message of a job that nothing happened to yet. Any other goes by the table.
if (s ~= 'queued' and s ~= 'scheduled') or v[2] or v[3] or tonumber(g) < tonumber(v[4]) then
  return take({ type = t, queue = q, generation = g, token = k, attempt = attempt, most = most, created = c, at = now,
    worker = worker, timeout = timeout })
end
local set = { 's', 'active', 'k', k, 'n', 1, 'b', now, 'w', worker, 'i', attempt }
local function put(field, value)
  set[#set + 1] = field
  set[#set + 1] = value
end
if g ~= v[4] then put('g', g) end
if most ~= '' and most ~= v[9] then put('m', most) end
if timeout ~= '' then put('y', timeout) end
call('HSET', JOB, unpack(set))
moved(v[5], v[6], s, 'active', v[7])
stays(v[8], now)
return 1
`,
  TAKING,
);
