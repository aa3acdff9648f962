import { batchScript } from './script.js';
import { TAKING } from './taking.js';

/**
 * Deliveries ask whether their handlers may run.
 *
 * Answers the run, where the handler may; else {'ended', outcome, delay, snooze reason, failure reason, error} |
 * {'duplicate', generation} | {'cancelled', cancellation, 'now' if this ended it} | {'discarded'}.
 */
export const claim = batchScript(
  'claim',
  {
    shared: ['t', 'q', 'most', 'worker', 'timeout'],
    short: ['g', 'attempt', 'c', 'now', 'token'],
    texts: [],
    once: `
      alike.sized = place(alike[2], alike[1]).sized
      alike.policy = (alike[3] == '' and '-' or alike[3]) .. ' ' .. (alike[5] == '' and '-' or alike[5])
        .. ' ' .. #alike[4] .. ':' .. alike[4]`,
  },
  `
local sized = alike.sized
local text, waiting = call('HGET', JOB, 'S'), ' ' .. g .. ' 0 ' .. sized .. ' '
local s
if text then
  if string.find(text, 'queued' .. waiting, 1, true) == 1 then s = 'queued'
  elseif string.find(text, 'scheduled' .. waiting, 1, true) == 1 then s = 'scheduled' end
end
-- The way of nearly all: the first message of a job that nothing happened to yet. Any other goes by the table.
if not s then
  return take({ type = t, queue = q, generation = g, token = token, attempt = attempt, most = most, created = c, at = now,
    worker = worker, timeout = timeout })
end
local tail = string.sub(text, #s + #waiting + 1)
local created = string.match(tail, '^%S+')
call('HSET', JOB, 'S', 'active ' .. g .. ' 1 ' .. sized .. '=' .. #token .. ':' .. token .. ' ' .. tail .. ' ' .. now ..
  ' ' .. attempt .. ' ' .. alike.policy)
moved(q, t, s, 'active', created)
if s ~= 'queued' or now - created > SOON then stays() end
return 1
`,
  TAKING,
);
