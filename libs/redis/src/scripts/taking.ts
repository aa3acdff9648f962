import { ATTEMPTS_KEPT } from 'nestjs-warren/ports';

/**
 * How a message takes its job, for a claim and for an end whose claim was not answered. The order of the checks is
 * that of `RecordStore.claim`. Answers as claim.ts does.
 */
export const TAKING = `
-- c: type, queue, generation, token, attempt, most attempts, created, at, worker, timeout, implied.
local function take(c)
  flush()
  apart()
  local v = call('HMGET', JOB, 'S', 'x', 'o', 'od', 'sr', 'r', 'e', 'w', 'b', 'i', 'T', 'u', 'a', 'an', 'km', 'kc')
  local x, o, tags = v[2], v[3], v[11]
  local set = { 'b', c.at, 'w', c.worker, 'i', c.attempt }
  local function put(field, value)
    set[#set + 1] = field
    set[#set + 1] = value
  end
  if c.timeout ~= '' then put('y', c.timeout) end
  if c.most ~= '' then put('m', c.most) end

  if not v[1] then
    local buried = call('GET', grave())
    local kind, least = string.match(buried or '', '^([dg])(%d+)$')
    if kind and tonumber(c.generation) < tonumber(least) then
      if kind == 'd' then return { 'discarded' } end
      return { 'duplicate', tonumber(least) }
    end
    if buried and not kind then return { 'cancelled', buried } end
    put('S', standing('active', c.generation, 1, c.queue, c.type, c.token, c.created, '-')); put('pt', 1)
    call('HSET', JOB, unpack(set))
    born(c.queue, c.type, 'active', c.created)
    stays()
    return 1
  end

  local s, generation, n, q, t, k, created = read(v[1])
  if s == 'completed' then o = 'completed' end
  local g, G = tonumber(generation), tonumber(c.generation)
  local isSame = G == g and k == c.token
  if G < g then return { 'duplicate', g } end
  if s == 'cancelled' then
    if isSame and o == 'cancelled' then return { 'ended', o, '', '', '', '' } end
    return { 'cancelled', x or '' }
  end
  if G == g and k and not isSame then return { 'duplicate', g } end
  if isSame and o then return { 'ended', o, v[4] or '', v[5] or '', v[6] or '', v[7] or '' } end

  local isOpen = s == 'active'
  -- Only the answer of its claim was lost: the run goes on, with the cancellation that it may be asked for.
  if isOpen and isSame and c.implied then return tonumber(n) end
  if isOpen then
    local lost = '{"number":' .. v[10] .. ',"startedAt":' .. v[9] .. ',"endedAt":' .. c.at .. ',"worker":' ..
      cjson.encode(v[8]) .. ',"outcome":"lost"}'
    local text, count = appended(v[13], tonumber(v[14]) or 0, lost, 1, ${ATTEMPTS_KEPT})
    put('a', text); put('an', count)
  end
  if isOpen and x then
    -- Whoever was to end it is gone.
    local cancelled = { 'S', standing('cancelled', c.generation, n, q, t, c.token, created, tagged(tags)), 'z', c.at }
    if set[#set - 3] == 'a' then
      for at = #set - 3, #set do cancelled[#cancelled + 1] = set[at] end
    end
    call('HSET', JOB, unpack(cancelled))
    moved(q, t, s, 'cancelled', created, tags)
    over(q, t, 'cancelled', tags, v[15] or '', v[16] or '')
    return { 'cancelled', x, 'now' }
  end

  if s == 'completed' then remember_completion() end
  put('S', standing('active', c.generation, n + 1, q, t, c.token, created, tagged(tags)))
  call('HSET', JOB, unpack(set))
  call('HDEL', JOB, 'z', 'o', 'on', 'od', 'sr', 'r', 'v', 'x', 'km', 'kc')
  if c.timeout == '' then call('HDEL', JOB, 'y') end
  moved(q, t, s, 'active', created, tags)
  stays(v[12], c.at)
  return n + 1
end
`;
