import { script } from './script.js';

/**
 * A page of jobs, the newest first by creation, then by id. KEYS: types. ARGV: prefix, -, query (JSON), limit, most
 * jobs looked at, created and id of the last one looked at before, and from there on the fields of the answer.
 * Answers {created, id of the last one looked at when there may be more, else '', and for each job: id, values}.
 *
 * Each (queue, type, state) has an index by creation; those that match are merged. Within one instant members of a
 * sorted set are in the order of their bytes, which Lua's `<` need not follow: hence `less`.
 */
export const find = script(
  'find',
  `
local query = cjson.decode(ARGV[3])
local limit, most, lastScore, lastId = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
local fields = { 'S', 'r' }
for at = 8, #ARGV do fields[#fields + 1] = ARGV[at] end
local states = {}
for _, s in ipairs(query.states) do states[s] = true end

local function less(a, b)
  for at = 1, math.min(#a, #b) do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many of an index are newer than where this page begins.
local function passed(key)
  local from = query.before and call('ZCOUNT', key, query.before, '+inf') or 0
  if lastScore == '' then return from end
  local low = call('ZCOUNT', key, '(' .. lastScore, '+inf')
  local high = low + call('ZCOUNT', key, lastScore, lastScore)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if less(call('ZREVRANGE', key, middle, middle)[1], lastId) then high = middle else low = middle + 1 end
  end
  return math.max(from, low)
end

local CHUNK = 16
local function fill(source)
  source.chunk = call('ZREVRANGE', source.key, source.from, source.from + CHUNK - 1, 'WITHSCORES')
  source.from, source.at = source.from + CHUNK, 1
end

local function head(source)
  if source.at > #source.chunk and #source.chunk == CHUNK * 2 then fill(source) end
  local score = source.chunk[source.at + 1]
  if not score or (query.after and tonumber(score) < tonumber(query.after)) then return nil end
  return source.chunk[source.at], score
end

local sources = {}
local function add(key, q, t, s)
  local source = { key = key, from = passed(key), q = q, t = t, s = s }
  fill(source)
  if head(source) then sources[#sources + 1] = source end
end

local function isWanted(t)
  local wanted = query.type
  if not wanted or t == wanted then return true end
  return string.sub(wanted, -1) == ':' and string.sub(t, 1, #wanted) == wanted
end

if query.tag then
  add(P .. 'g:' .. query.tag)
else
  for _, t in ipairs(call('SMEMBERS', KEYS[1])) do
    if isWanted(t) then
      for _, q in ipairs(call('SMEMBERS', P .. 'q:' .. t)) do
        if not query.queue or q == query.queue then
          for _, s in ipairs(query.states) do
            tidy(q, t, s)
            add(index(q, t, s), q, t, s)
          end
        end
      end
    end
  end
end

local function matches(v, source)
  local s, _, _, q, t = read(v[1])
  if source.s then
    if s ~= source.s or q ~= source.q or t ~= source.t then return false end
  elseif not states[s] or (query.queue and q ~= query.queue) or not isWanted(t) then
    return false
  end
  return not query.reason or v[2] == query.reason
end

local answer, dead, looked = { '', '' }, {}, 0
local isMore = false
while true do
  local best, bestAt
  for at, source in ipairs(sources) do
    local id, score = head(source)
    if id then
      local n = tonumber(score)
      if not best or n > best.n or (n == best.n and less(best.id, id)) then
        best, bestAt = { id = id, score = score, n = n }, at
      end
    end
  end
  if not best then break end
  if looked >= most or #answer - 2 >= limit * 2 then isMore = true break end
  local source = sources[bestAt]
  source.at = source.at + 2
  looked = looked + 1
  answer[1], answer[2] = best.score, best.id
  local v = call('HMGET', P .. 'j:' .. best.id, unpack(fields))
  if not v[1] then
    if query.tag then dead[#dead + 1] = best.id end
  elseif matches(v, source) then
    answer[#answer + 1] = best.id
    answer[#answer + 1] = { unpack(v, 3) }
  end
end
for _, id in ipairs(dead) do call('ZREM', P .. 'g:' .. query.tag, id) end
if not isMore then answer[1], answer[2] = '', '' end
return answer
`,
);
