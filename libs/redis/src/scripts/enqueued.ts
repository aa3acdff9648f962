import { batchScript } from './script.js';

/**
 * Jobs about to be published. Tags: JSON list. Generation, created, due if it has one. Texts: payload, extras
 * (JSON), what a new message carries besides. Answers 1 when the job began, 2 when it had begun with its claim and got
 * what that did not say, 0 when it was known.
 */
export const enqueued = batchScript(
  'enqueued',
  { shared: ['t', 'q', 'm', 'tags'], short: ['g', 'c', 'u'], texts: ['p', 'd', 'j'] },
  `
local text = call('HGET', JOB, 'S')
local set = {}
local function put(field, value)
  if value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end

local s, queue, type, created, _
local was = {}
if text then
  s, _, _, queue, type, _, created = read(text)
  was = call('HMGET', JOB, 'pt', 'T', 'm')
end
if was[1] then
  apart()
  if tags ~= '' then
    -- Before the last of what 'standing' writes is what was asked meanwhile.
    local before, marks = string.match(call('HGET', JOB, 'S'), '^(.*) (%S+)$')
    put('S', before .. ' ' .. (marks == 'X' and 'TX' or 'T'))
  end
  put('u', u); put('d', d); put('T', tags); put('p', p); put('j', j)
  if not was[3] then put('m', m) end
  if #set > 0 then call('HSET', JOB, unpack(set)) end
  call('HDEL', JOB, 'pt')
  if tags ~= '' then
    for _, tag in ipairs(cjson.decode(tags)) do call('ZADD', P .. 'g:' .. tag, created, ID) end
    if FINAL[s] then
      flush()
      local e = ends(queue, type, s)
      local score = call('ZSCORE', e, ended(ID))
      call('ZREM', e, ended(ID))
      if score then call('ZADD', e, score, ended(ID, tags)) end
    end
  end
  if not FINAL[s] then stays(u, c) end
  return 2
end

if s and s ~= 'enqueue_failed' then return 0 end
if s then forget(queue, type, s, was[2]) end
s = u == '' and 'queued' or 'scheduled'
put('S', standing(s, g, 0, q, t, nil, c, tagged(tags)))
put('u', u); put('m', m); put('d', d); put('T', tags); put('p', p); put('j', j)
call('HSET', JOB, unpack(set))
call('DEL', grave())
born(q, t, s, c, tags)
stays(u, c)
return 1
`,
);
