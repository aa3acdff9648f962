import { ATTEMPTS_KEPT } from 'nestjs-warren/ports';
import { batchScript } from './script.js';
import { TAKING } from './taking.js';

/**
 * What became of runs. Shared: type, queue, worker, keep ms, keep count. Own: at, generation, token, run, outcome,
 * result, what else there is of the outcome (JSON: d delay, u due, w snooze reason, r failure reason, e error), attempt
 * (JSON; empty for one that completed the job, as the other fields tell it, or if there was none), its number, its
 * start.
 *
 * Answers 1 when it is recorded, and 0 when it is fenced; else {'cancelled', cancellation}. The same again when it is
 * repeated.
 */
export const finished = batchScript(
  'finished',
  { shared: 5, own: 10 },
  `
local t, q, worker, ms, count = unpack(ARGV, kind, kind + 4)
local now, G, K, N, outcome, result, detail, attempt, number, started = unpack(ARGV, own, own + 9)
local STATES = { completed = 'completed', retry = 'retrying', snoozed = 'scheduled', failed = 'failed',
  cancelled = 'cancelled', interrupted = 'queued' }
local function look()
  return call('HMGET', JOB, 's', 'g', 'k', 'n', 'x', 'q', 't', 'T', 'c')
end
local v = look()

if v[1] ~= 'active' or v[2] ~= G or v[3] ~= K or v[4] ~= N then
  if v[1] and v[1] ~= 'active' and v[2] == G and v[3] == K then
    -- Said again. One whose claim was not answered is known by its instant.
    local known = call('HMGET', JOB, 'on', 'z')
    if v[4] == N or (known[1] == N and (N ~= '0' or known[2] == now)) then
      if v[1] == 'cancelled' and outcome ~= 'completed' and outcome ~= 'cancelled' then
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
if x and outcome ~= 'completed' then
  if outcome ~= 'cancelled' then answer = { 'cancelled', x } end
  local kept = call('HMGET', JOB, 'km', 'kc')
  outcome, ms, count = 'cancelled', kept[1] or '', kept[2] or ''
end
local to, due = STATES[outcome], ''
local set = { 's', to, 'z', now }
local function put(field, value)
  if value and value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end
if N == '0' then put('on', N) end
put('v', result); put('b', started)
if outcome == 'completed' and attempt == '' then
  put('la', number)
else
  local of = detail ~= '' and cjson.decode(detail) or {}
  if outcome ~= 'interrupted' then put('o', outcome) end
  if outcome == 'cancelled' and not x then put('x', '{"at":' .. now .. '}') end
  if outcome == 'retry' or outcome == 'snoozed' then due = of.u; put('u', due); put('od', of.d) end
  if outcome == 'snoozed' then put('sr', of.w) end
  if outcome == 'failed' then put('r', of.r) end
  put('e', of.e)
  local had = call('HMGET', JOB, 'i', 'a', 'an')
  if attempt == '' or outcome == 'snoozed' or outcome == 'interrupted' then
    put('i', whole(math.max(0, had[1] - 1)))
  end
  if attempt ~= '' then
    put('w', worker)
    local text, total = appended(had[2], tonumber(had[3]) or 0, attempt, 1, ${ATTEMPTS_KEPT})
    put('a', text); put('an', total)
  end
end
call('HSET', JOB, unpack(set))
if x then
  call('HDEL', JOB, 'km', 'kc')
  -- A completion that came before the cancellation was heard.
  if outcome == 'completed' then call('HDEL', JOB, 'x') end
end
moved(v[6], v[7], 'active', to, v[9], v[8])
if FINAL[to] then over(v[6], v[7], to, v[8], ms, count) else stays(due, now) end
return answer
`,
  TAKING,
);
