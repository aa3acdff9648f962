import { ATTEMPTS_KEPT } from 'nestjs-warren/ports';
import { batchScript } from './script.js';
import { TAKING } from './taking.js';

/**
 * What became of runs. Of each: id, type, queue, at, generation, token, run, outcome, result, delay, due, snooze reason,
 * failure reason, error (JSON), attempt (JSON), its number, start and worker, keep ms, keep count.
 *
 * Answers 1 when it is recorded, and 0 when it is fenced; else {'cancelled', cancellation}. The same again when it is
 * repeated.
 */
export const finished = batchScript(
  'finished',
  20,
  `
local _, t, q, now, G, K, N, kind, result, delay, due, why, reason, e, attempt, number, started, worker, ms, count =
  unpack(ARGV, at, at + 19)
local STATES = { completed = 'completed', retry = 'retrying', snoozed = 'scheduled', failed = 'failed',
  cancelled = 'cancelled', interrupted = 'queued' }
local function look()
  return call('HMGET', JOB, 's', 'g', 'k', 'n', 'x', 'q', 't', 'T', 'c', 'a', 'an')
end
local v = look()

if v[1] ~= 'active' or v[2] ~= G or v[3] ~= K or v[4] ~= N then
  if v[1] and v[1] ~= 'active' and v[2] == G and v[3] == K then
    -- Said again. One whose claim was not answered is known by its instant.
    local known = call('HMGET', JOB, 'on', 'z')
    if v[4] == N or (known[1] == N and (N ~= '0' or known[2] == now)) then
      if v[1] == 'cancelled' and kind ~= 'completed' and kind ~= 'cancelled' then
        return { 'cancelled', v[5] or '' }
      end
      return 1
    end
  end
  if v[1] and N ~= '0' then return 0 end
  local began = started ~= '' and started or now
  local answer = take({ type = t, queue = q, generation = G, token = K, attempt = number ~= '' and number or '1',
    most = '', created = began, at = began, worker = worker, timeout = '', implied = true })
  if type(answer) ~= 'number' then
    if answer[1] == 'ended' then return 1 end
    if answer[1] == 'cancelled' then return answer end
    return 0
  end
  v = look()
end

local x = v[5]
local answer = 1
if x and kind ~= 'completed' then
  if kind ~= 'cancelled' then answer = { 'cancelled', x } end
  local kept = call('HMGET', JOB, 'km', 'kc')
  kind, ms, count = 'cancelled', kept[1] or '', kept[2] or ''
end
local to = STATES[kind]
local set = { 's', to, 'h', now, 'z', now, 'on', N }
local function put(field, value)
  if value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end
if kind ~= 'interrupted' then put('o', kind) end
if kind == 'cancelled' and not x then put('x', '{"at":' .. now .. '}') end
if kind == 'retry' or kind == 'snoozed' then put('u', due); put('od', delay) end
if kind == 'snoozed' then put('sr', why) end
if kind == 'failed' then put('r', reason) end
put('v', result); put('e', e); put('b', started)
if attempt == '' or kind == 'snoozed' or kind == 'interrupted' then
  put('i', whole(math.max(0, call('HGET', JOB, 'i') - 1)))
end
if attempt ~= '' then
  put('w', worker)
  local text, total = appended(v[10], tonumber(v[11]) or 0, attempt, 1, ${ATTEMPTS_KEPT})
  put('a', text); put('an', total)
end
call('HSET', JOB, unpack(set))
if x then
  call('HDEL', JOB, 'km', 'kc')
  -- A completion that came before the cancellation was heard.
  if kind == 'completed' then call('HDEL', JOB, 'x') end
end
moved(v[6], v[7], 'active', to, v[9], v[8])
if FINAL[to] then over(v[6], v[7], to, v[8], ms, count) else stays(due, now) end
return answer
`,
  TAKING,
);
