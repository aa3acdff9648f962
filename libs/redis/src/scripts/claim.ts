import { batchScript } from './script.js';
import { TAKING } from './taking.js';

/**
 * Deliveries ask whether their handlers may run. Shared: type, queue, most attempts, worker, timeout. Numbers:
 * generation, attempt, created, at. Texts: token.
 *
 * Answers the run, where the handler may; else {'ended', outcome, delay, snooze reason, failure reason, error} |
 * {'duplicate', generation} | {'cancelled', cancellation, 'now' if this ended it} | {'discarded'}.
 */
export const claim = batchScript(
  'claim',
  { shared: 5, texts: 1 },
  `
local t, q, most, worker, timeout = unpack(ARGV, kind, kind + 4)
local g, attempt, c, now = string.match(numbers, '^(%S+) (%S+) (%S+) (%S+)$')
local k = ARGV[own]
local sized = place(q, t).sized
local waiting = ' ' .. g .. ' 0 ' .. sized
local v = call('HMGET', JOB, 'S', 'c')
local s = v[1] == 'queued' .. waiting and 'queued' or v[1] == 'scheduled' .. waiting and 'scheduled'
-- The way of nearly all: the first message of a job that nothing happened to yet. Any other goes by the table.
if not s then
  return take({ type = t, queue = q, generation = g, token = k, attempt = attempt, most = most, created = c, at = now,
    worker = worker, timeout = timeout })
end
local set = { 'S', 'active ' .. g .. ' 1 ' .. sized .. '=' .. k, 'b', now, 'w', worker, 'i', attempt }
if most ~= '' then set[9] = 'm'; set[10] = most end
if timeout ~= '' then set[#set + 1] = 'y'; set[#set + 1] = timeout end
call('HSET', JOB, unpack(set))
moved(q, t, s, 'active', v[2])
if s ~= 'queued' or now - v[2] > SOON then stays() end
return 1
`,
  TAKING,
);
