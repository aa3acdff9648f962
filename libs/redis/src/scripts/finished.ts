import { ATTEMPTS_KEPT } from 'nestjs-warren/ports';
import { batchScript } from './script.js';
import { TAKING } from './taking.js';

const END_STATES = `
local END_STATES = { completed = 'completed', retry = 'retrying', snoozed = 'scheduled', failed = 'failed',
  cancelled = 'cancelled', interrupted = 'queued' }
`;

/**
 * What became of runs. At, generation, run, and for an attempt its number and its start. Detail: what else there
 * is of the outcome (JSON: d delay, u due, w snooze reason, r failure reason, e error, a attempt; the attempt is left out
 * where it completed the job, as the rest tells it, or if there was none).
 *
 * Answers 1 when it is recorded, and 0 when it is fenced; else {'cancelled', cancellation}. The same again when it is
 * repeated.
 */
export const finished = batchScript(
  'finished',
  {
    shared: ['t', 'q', 'worker', 'ms', 'count', 'outcome'],
    short: ['now', 'G', 'N', 'number', 'started', 'K'],
    texts: ['result', 'detail'],
    once: 'alike.names = place(alike[2], alike[1])',
  },
  `
local names = alike.names
local text = call('HGET', JOB, 'S')

-- The way of nearly all.
if text and outcome == 'completed' and number ~= '' and detail == '' then
  local mine = 'active ' .. G .. ' ' .. N .. ' ' .. names.sized .. '=' .. #K .. ':' .. K .. ' '
  if string.find(text, mine, 1, true) == 1 then
    local created, marks, to = string.match(text, '^(%S+) (%S+)()', #mine + 1)
    if marks == '-' or marks == 'T' then
      local told = 'completed' .. string.sub(text, 7) .. (to > #text and ' ~ ' or ' ') .. now .. ' ' .. number .. ' ' ..
        started
      if result == '' then call('HSET', JOB, 'S', told) else call('HSET', JOB, 'S', told, 'v', result) end
      zrem(names.i.active, ID)
      zadd(names.i.completed, created, ID)
      over(q, t, 'completed', marks == 'T' and call('HGET', JOB, 'T') or nil, ms, count)
      return 1
    end
  end
end

if text then apart() end
local v = call('HMGET', JOB, 'S', 'x', 'T')
local s, g, n, k, created, _
if v[1] then s, g, n, _, _, k, created = read(v[1]) end
if s and s ~= 'active' and g == G and k == K then
  -- Said again. One whose claim was not answered is known by its instant.
  local known = call('HMGET', JOB, 'on', 'z')
  if n == N or (known[1] == N and (N ~= '0' or known[2] == now)) then
    if s == 'cancelled' and outcome ~= 'completed' and outcome ~= 'cancelled' then
      return { 'cancelled', v[2] or '' }
    end
    return 1
  end
end
if s ~= 'active' or g ~= G or n ~= N or k ~= K then
  if s and N ~= '0' then return 0 end
  local began = started ~= '' and started or now
  local answer = take({ type = t, queue = q, generation = G, token = K, attempt = number ~= '' and number or '1',
    most = '', created = began, at = began, worker = worker, timeout = '', implied = true })
  if tonumber(answer) == nil then
    if answer[1] == 'ended' then return 1 end
    if answer[1] == 'cancelled' then return answer end
    return 0
  end
  v = call('HMGET', JOB, 'S', 'x', 'T')
end
s, g, n, q, t, k, created = read(v[1])

local x, tags = v[2], v[3]
local answer = 1
if x and outcome ~= 'completed' then
  if outcome ~= 'cancelled' then answer = { 'cancelled', x } end
  local kept = call('HMGET', JOB, 'km', 'kc')
  outcome, ms, count = 'cancelled', kept[1] or '', kept[2] or ''
end
local to, due = END_STATES[outcome], ''
if N ~= '0' then n = N end
local set = { 'S', standing(to, G, n, q, t, K, created, tagged(tags)), 'z', now }
local function put(field, value)
  if value and value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end
if N == '0' then put('on', N) end
put('v', result); put('b', started)
if outcome == 'completed' and detail == '' and number ~= '' then
  put('la', number)
else
  local of = detail ~= '' and cjson.decode(detail) or {}
  local attempt = of.a or ''
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
moved(q, t, 'active', to, created, tags)
if FINAL[to] then over(q, t, to, tags, ms, count) else stays(due, now) end
return answer
`,
  `${TAKING}${END_STATES}`,
);
