import { ATTEMPTS_KEPT, UNFINISHED_KEPT_MS } from 'nestjs-warren/ports';
import { STANDING } from './standing.js';

/**
 * What the scripts have in common. All begin with ARGV[1], the prefix of the application's keys; `of` says which job
 * the functions speak of. KEYS[1] is any key of the application: all its keys are in one slot. Instants come as
 * arguments; Redis's own clock (`TIME`) decides on expiry alone. The first write of a script is one that a full Redis
 * refuses (HSET, SET, never DEL), for after its first write a script may take whatever memory it likes. Numbers that
 * are instants stay text: Lua would print them as 1.7e+12.
 *
 * Fields of a job: see record-fields.ts. An empty argument is one that was not said.
 *
 * Redis has one thread, so each call here is paid by every job: what is the same for all jobs of a script is done once.
 */
export const SHARED = `
local P = ARGV[1]
local ID, JOB
local call = redis.call
local FINAL = { completed = true, failed = true, cancelled = true, enqueue_failed = true }
-- The forgotten jobs that one call takes out of an index, and those above a count.
local TRIMMED = 20
-- For how long a job that has not ended stays, in ms.
local UNFINISHED = ${UNFINISHED_KEPT_MS}
-- With this on top, a job that is claimed soon needs no new expiry.
local SOON = 86400000
local UNFINISHED_TEXT = '${UNFINISHED_KEPT_MS + 86_400_000}'

local function of(id)
  ID = id
  JOB = P .. 'j:' .. id
end

local instant
local function clock()
  if not instant then
    local t = call('TIME')
    instant = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return instant
end

local function whole(n) return string.format('%.0f', n) end

local instants = {}
-- That many ms from now.
local function from_now(ms)
  local text = instants[ms]
  if not text then
    text = whole(clock() + ms)
    instants[ms] = text
  end
  return text
end

-- Names of the sorted sets of a queue and type, by state. Queues may have any name: their length says where it ends.
local places = {}
local function place(q, t)
  local types = places[q]
  if not types then types = {}; places[q] = types end
  local names = types[t]
  if not names then
    local rest = ':' .. #q .. ':' .. q .. ':' .. t
    local function under(kind)
      return setmetatable({}, { __index = function(known, s)
        local name = P .. kind .. s .. rest
        known[s] = name
        return name
      end })
    end
    names = { i = under('i:'), e = under('e:'), trimmed = {}, sized = #rest .. rest }
    types[t] = names
  end
  return names
end

${STANDING}
local function index(q, t, s) return place(q, t).i[s] end
local function ends(q, t, s) return place(q, t).e[s] end
local function grave() return P .. 'd:' .. ID end

-- Changes of sorted sets that wait, so that one command makes those of many jobs. Made before anything else looks at them.
local removals, additions = {}, {}
local function zrem(key, member)
  local members = removals[key]
  if not members then members = {}; removals[key] = members end
  members[#members + 1] = member
end
local function zadd(key, score, member)
  local members = additions[key]
  if not members then members = {}; additions[key] = members end
  members[#members + 1] = score
  members[#members + 1] = member
end
local function flush()
  for key, members in pairs(removals) do call('ZREM', key, unpack(members)) end
  for key, members in pairs(additions) do call('ZADD', key, unpack(members)) end
  removals, additions = {}, {}
end

-- What messages of the job are answered once it is forgotten: a cancellation, or, for those that are too old, 'd' that it
-- was discarded, 'g' that a newer one owns it, and the least generation that is not too old. For no shorter time than what
-- stands there: it is for messages that may still come.
local function bury(what, ms)
  call('SET', grave(), what, 'PX', whole(math.max(ms, call('PTTL', grave()))))
end

-- What stands in 'ends': the id, and the tags, which the hash of an expired job cannot tell any more.
local function ended(id, tags) return id .. '\\0' .. (tags or '') end

local function untag(id, tags)
  if not tags or tags == '' then return end
  for _, tag in ipairs(cjson.decode(tags)) do call('ZREM', P .. 'g:' .. tag, id) end
end

-- Takes jobs that ended and expired out of their indices, the first that did so first. Once a script.
local function trim(q, t, s)
  local names = place(q, t)
  if names.trimmed[s] then return end
  names.trimmed[s] = true
  local e, now = names.e[s], clock()
  for _, member in ipairs(call('ZRANGEBYSCORE', e, '-inf', whole(now), 'LIMIT', 0, TRIMMED)) do
    local id, tags = string.match(member, '^(.*)%z(.*)$')
    local key = P .. 'j:' .. id
    local text = call('HGET', key, 'S')
    local ttl = -2
    if text then
      local state, _, _, queue, type = read(text)
      if state == s and queue == q and type == t then ttl = call('PTTL', key) end
    end
    if ttl >= 0 then
      call('ZADD', e, whole(now + ttl + 1), member)
    else
      call('ZREM', e, member)
      -- An id may have been used again: then the new job is in another index, and its tags are its own.
      if ttl == -2 then call('ZREM', names.i[s], id) end
      if not text then untag(id, tags) end
    end
  end
end

-- Takes jobs out of their index that never ended and are forgotten. Nothing says when that was, as it is rare: it looks
-- at some of those that are old enough, at others each time.
local function sweep(q, t, s)
  local i, old = index(q, t, s), '(' .. whole(clock() - UNFINISHED)
  local count = call('ZCOUNT', i, '-inf', old)
  if count == 0 then return end
  local from = count > TRIMMED and instant % (count - TRIMMED + 1) or 0
  for _, id in ipairs(call('ZRANGE', i, from, from + TRIMMED - 1)) do
    if call('EXISTS', P .. 'j:' .. id) == 0 then call('ZREM', i, id) end
  end
end

-- Before an index is read.
local function tidy(q, t, s)
  if FINAL[s] then trim(q, t, s) else sweep(q, t, s) end
end

-- A job that has not ended, after a change: its message may come until long after it is due.
local function stays(due, at)
  local more = due and due ~= '' and due - at or 0
  call('PEXPIRE', JOB, more > 0 and whole(UNFINISHED + SOON + more) or UNFINISHED_TEXT)
end

-- A job that the indices do not know yet.
local function born(q, t, s, c, tags)
  local names = place(q, t)
  zadd(names.i[s], c, ID)
  if not names.known then
    names.known = true
    call('SADD', P .. 'q:' .. t, q)
    call('SADD', P .. 'types', t)
    sweep(q, t, s)
  end
  if tags and tags ~= '' then
    for _, tag in ipairs(cjson.decode(tags)) do call('ZADD', P .. 'g:' .. tag, c, ID) end
  end
end

local function moved(q, t, from, to, c, tags)
  if from == to then return end
  local names = place(q, t)
  zrem(names.i[from], ID)
  if FINAL[from] then zrem(names.e[from], ended(ID, tags)) end
  zadd(names.i[to], c, ID)
end

local function forget(q, t, s, tags)
  flush()
  call('DEL', JOB)
  call('ZREM', index(q, t, s), ID)
  if FINAL[s] then call('ZREM', ends(q, t, s), ended(ID, tags)) end
  untag(ID, tags)
end

-- Of one type and end, in whichever queues, the newest 'count' stay.
local function cap(t, s, count)
  flush()
  local queues = call('SMEMBERS', P .. 'q:' .. t)
  local total = 0
  for _, q in ipairs(queues) do total = total + call('ZCARD', ends(q, t, s)) end
  for _ = 1, math.min(TRIMMED, total - count) do
    local oldest, of
    for _, q in ipairs(queues) do
      local first = call('ZRANGE', ends(q, t, s), 0, 0, 'WITHSCORES')
      if first[1] and (not oldest or tonumber(first[2]) < tonumber(oldest[2])) then oldest, of = first, q end
    end
    if not oldest then return end
    local id, tags = string.match(oldest[1], '^(.*)%z(.*)$')
    call('ZREM', ends(of, t, s), oldest[1])
    call('ZREM', index(of, t, s), id)
    untag(id, tags)
    call('DEL', P .. 'j:' .. id)
  end
end

-- Nobody hears of ends but those who wait, and they say so: see events.ts.
local waited
local function tell(s)
  if waited == nil then waited = call('EXISTS', P .. 'waited') == 1 end
  if waited then call('PUBLISH', P .. 'end:' .. ID, s) end
end

-- The end of a job that is written as final: for how long it stays, and the news of it.
local function over(q, t, s, tags, ms, count)
  if ms == '0' or count == '0' then
    forget(q, t, s, tags)
  else
    local names = place(q, t)
    if ms == '' then
      call('PERSIST', JOB)
      zadd(names.e[s], '+inf', ended(ID, tags))
    else
      call('PEXPIRE', JOB, ms)
      zadd(names.e[s], from_now(ms), ended(ID, tags))
    end
    if not names.trimmed[s] then trim(q, t, s) end
    if count ~= '' then cap(t, s, tonumber(count)) end
  end
  tell(s)
end

-- Lines of text, of which the newest 'most' are kept.
local function appended(text, count, more, added, most)
  text = (text and text ~= '') and (text .. '\\n' .. more) or more
  count = count + added
  while count > most do
    text = string.sub(text, string.find(text, '\\n', 1, true) + 1)
    count = count - 1
  end
  return text, count
end

-- The attempt that completed a job is told by the job's own fields; it joins the others before those change.
local function remember_completion()
  local v = call('HMGET', JOB, 'la', 'b', 'z', 'w', 'a', 'an')
  if not v[1] then return end
  local attempt = '{"number":' .. v[1] .. ',"startedAt":' .. v[2] .. ',"endedAt":' .. v[3] .. ',"worker":' ..
    cjson.encode(v[4]) .. ',"outcome":"completed"}'
  local text, count = appended(v[5], tonumber(v[6]) or 0, attempt, 1, ${ATTEMPTS_KEPT})
  call('HSET', JOB, 'a', text, 'an', count)
  call('HDEL', JOB, 'la')
end
`;
