import { script } from './script.js';
import { TAKING } from './taking.js';

/**
 * What became of a run. KEYS: job. ARGV: prefix, id, type, queue, at, generation, token, run, outcome, result, delay,
 * due, snooze reason, failure reason, error (JSON), attempt (JSON), its number, start and worker, keep ms, keep count,
 * most attempts remembered, cancellation of one that nobody asked for (JSON).
 *
 * Answers {'recorded'} | {'fenced'} | {'cancelled', cancellation}, and the same again when it is repeated.
 */
export const finished = script(
  'finished',
  `
local _, _, t, q, at, G, K, N, kind, result, delay, due, why, reason, e, attempt, number, started, worker, ms, count,
  kept, unasked = unpack(ARGV)
local STATES = { completed = 'completed', retry = 'retrying', snoozed = 'scheduled', failed = 'failed',
  cancelled = 'cancelled', interrupted = 'queued' }
local v = call('HMGET', JOB, 's', 'g', 'k', 'n', 'on', 'z', 'x')

-- Said again. One whose claim was not answered is known by its instant.
local isKnown = v[4] == N or (v[5] == N and (N ~= '0' or v[6] == at))
if v[1] and v[1] ~= 'active' and v[2] == G and v[3] == K and isKnown then
  if v[1] == 'cancelled' and kind ~= 'completed' and kind ~= 'cancelled' then return { 'cancelled', v[7] or '' } end
  return { 'recorded' }
end
if not v[1] or N == '0' then
  local began = started ~= '' and started or at
  local answer = take({ type = t, queue = q, generation = G, token = K, attempt = number ~= '' and number or '1',
    most = '', created = began, at = began, worker = worker, timeout = '', kept = kept, implied = true })
  if answer[1] == 'ended' then return { 'recorded' } end
  if answer[1] == 'cancelled' then return answer end
  if answer[1] ~= 'run' then return { 'fenced' } end
elseif v[1] ~= 'active' or v[2] ~= G or v[3] ~= K or v[4] ~= N then
  return { 'fenced' }
end

v = call('HMGET', JOB, 's', 'q', 't', 'x', 'T', 'c', 'a', 'an', 'i', 'km', 'kc')
local x = v[4]
local answer = { 'recorded' }
if x and kind ~= 'completed' then
  if kind ~= 'cancelled' then answer = { 'cancelled', x } end
  kind, ms, count = 'cancelled', v[10] or '', v[11] or ''
end
local spends = attempt ~= '' and kind ~= 'snoozed' and kind ~= 'interrupted'
local to = STATES[kind]
local set = { 's', to, 'h', at, 'z', at, 'on', N }
local function put(field, value)
  if value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end
if kind ~= 'interrupted' then put('o', kind) end
if kind == 'cancelled' and not x then put('x', unasked) end
if kind == 'retry' or kind == 'snoozed' then put('u', due); put('od', delay) end
if kind == 'snoozed' then put('sr', why) end
if kind == 'failed' then put('r', reason) end
put('v', result); put('e', e); put('b', started)
if not spends then put('i', whole(math.max(0, v[9] - 1))) end
if attempt ~= '' then
  put('w', worker)
  local text, total = appended(v[7], tonumber(v[8]) or 0, attempt, 1, tonumber(kept))
  put('a', text); put('an', total)
end
call('HSET', JOB, unpack(set))
-- A completion that came before the cancellation was heard.
if x and kind == 'completed' then call('HDEL', JOB, 'x') end
call('HDEL', JOB, 'km', 'kc')
moved(v[2], v[3], v[1], to, v[6], v[5])
if FINAL[to] then over(v[2], v[3], to, v[5], ms, count) else stays(v[2], v[3], to, v[5], due, at) end
return answer
`,
  TAKING,
);
