import { UNFINISHED_KEPT_MS } from 'nestjs-warren/ports';

/**
 * What the scripts have in common. All begin with KEYS[1], the hash of the job (or another key of the application),
 * ARGV[1], the prefix of the application's keys, and ARGV[2], the id of the job. Instants come as arguments; Redis's
 * own clock (`TIME`) decides on expiry alone. The first write of a script is one that a full Redis refuses (HSET, SET,
 * never DEL), for after its first write a script may take whatever memory it likes. Numbers that are instants stay text: Lua would print them as 1.7e+12.
 *
 * Fields of a job: see record-fields.ts. An empty argument is one that was not said.
 */
export const SHARED = `
local P, ID, JOB = ARGV[1], ARGV[2], KEYS[1]
local call = redis.call
local FINAL = { completed = true, failed = true, cancelled = true, enqueue_failed = true }
-- The expired jobs that one call takes out of an index, and those above a count.
local TRIMMED = 20
-- For how long a job that has not ended stays, in ms.
local UNFINISHED = ${UNFINISHED_KEPT_MS}

local function clock()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function whole(n) return string.format('%.0f', n) end

-- Queues may have any name: their length says where it ends.
local function place(q, t, s) return s .. ':' .. #q .. ':' .. q .. ':' .. t end
local function index(q, t, s) return P .. 'i:' .. place(q, t, s) end
local function ends(q, t, s) return P .. 'e:' .. place(q, t, s) end
local function grave() return P .. 'd:' .. ID end

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

-- Takes jobs that expired out of the indices, the first that did so first.
local function trim(q, t, s, now, most)
  local e = ends(q, t, s)
  local old = call('ZRANGEBYSCORE', e, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(old) do
    local id, tags = string.match(member, '^(.*)%z(.*)$')
    local key = P .. 'j:' .. id
    local lives = call('HMGET', key, 's', 'q', 't')
    local ttl = -2
    if lives[1] == s and lives[2] == q and lives[3] == t then ttl = call('PTTL', key) end
    if ttl >= 0 then
      call('ZADD', e, whole(now + ttl + 1), member)
    else
      call('ZREM', e, member)
      -- An id may have been used again: then the new job is in another index, and its tags are its own.
      if ttl == -2 then call('ZREM', index(q, t, s), id) end
      if not lives[1] then untag(id, tags) end
    end
  end
end

-- A job that has not ended, after a change: its message may come until long after it is due.
local function stays(q, t, s, tags, due, at)
  local ms = UNFINISHED + math.max(0, (tonumber(due) or 0) - (tonumber(at) or 0))
  call('PEXPIRE', JOB, whole(ms))
  call('ZADD', ends(q, t, s), whole(clock() + ms), ended(ID, tags))
end

-- A job that the indices do not know yet.
local function born(q, t, s, c, tags)
  trim(q, t, s, clock(), TRIMMED)
  call('ZADD', index(q, t, s), c, ID)
  call('SADD', P .. 'q:' .. t, q)
  call('SADD', P .. 'types', t)
  if tags and tags ~= '' then
    for _, tag in ipairs(cjson.decode(tags)) do call('ZADD', P .. 'g:' .. tag, c, ID) end
  end
end

local function moved(q, t, from, to, c, tags)
  if from == to then return end
  call('ZREM', index(q, t, from), ID)
  call('ZREM', ends(q, t, from), ended(ID, tags))
  call('ZADD', index(q, t, to), c, ID)
end

local function forget(q, t, s, tags)
  call('DEL', JOB)
  call('ZREM', index(q, t, s), ID)
  call('ZREM', ends(q, t, s), ended(ID, tags))
  untag(ID, tags)
end

-- Of one type and end, in whichever queues, the newest 'count' stay.
local function cap(t, s, count)
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

-- The end of a job that is written as final: for how long it stays, and the news of it.
local function over(q, t, s, tags, ms, count)
  if ms == '0' or count == '0' then
    forget(q, t, s, tags)
  else
    local now = clock()
    if ms == '' then
      call('PERSIST', JOB)
      call('ZADD', ends(q, t, s), '+inf', ended(ID, tags))
    else
      call('PEXPIRE', JOB, ms)
      call('ZADD', ends(q, t, s), whole(now + ms), ended(ID, tags))
    end
    trim(q, t, s, now, TRIMMED)
    if count ~= '' then cap(t, s, tonumber(count)) end
  end
  call('PUBLISH', P .. 'end:' .. ID, s)
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
`;
