/** The field 'S' of a job, which the scripts write and read: see record-fields.ts. Over what shared.ts begins with. */
export const STANDING = `
-- Where a job stands, in one field, as reading a field costs more than comparing a longer text: state, generation, runs,
-- queue and type with their length, '=' with the token of the message that was claimed, if one was, and its length, the
-- instant of its creation, and marks: T for tags, X for a cancellation that was asked for, '-' for none.
local function standing(s, g, n, q, t, k, c, marks)
  return s .. ' ' .. g .. ' ' .. n .. ' ' .. place(q, t).sized .. (k and '=' .. #k .. ':' .. k or '') .. ' ' .. c .. ' ' .. marks
end
-- Last, what tells of its run: see apart.
local function read(text)
  local s, g, n, size, tail = string.match(text, '^(%S+) (%d+) (%d+) (%d+)(:.*)$')
  local length, names = string.match(tail, '^:(%d+):(.*)$')
  local q, t = string.sub(names, 1, length), string.sub(names, length + 2, size - #length - 2)
  local rest, k = string.sub(tail, size + 1), nil
  local digits = string.match(rest, '^=(%d+):')
  if digits then
    local from = #digits + 3
    k = string.sub(rest, from, from + digits - 1)
    rest = string.sub(rest, from + digits)
  end
  local c, marks, run = string.match(rest, '^ (%S+) (%S+)(.*)$')
  return s, g, n, q, t, k, c, marks, run
end
local function tagged(tags) return tags and tags ~= '' and 'T' or '-' end

-- What the first claim of a job says, and the end by a run that completed it, stands at the end of 'S', as a field costs
-- more than its text. Of a run: started, attempt, most attempts, timeout, length and name of the worker; or '~', where the
-- fields tell it. Of its completion: ended, attempt, started. '-' was not said. Whatever else becomes of the job takes
-- them apart first.
local function apart()
  local text = call('HGET', JOB, 'S')
  if not text then return end
  local s, g, n, q, t, k, c, marks, run = read(text)
  if run == '' then return end
  local set = { 'S', standing(s, g, n, q, t, k, c, marks) }
  local function put(field, value)
    if value ~= '-' then set[#set + 1] = field; set[#set + 1] = value end
  end
  local b, i, m, y, size, rest = string.match(run, '^ (%d+) (%S+) (%S+) (%S+) (%d+):(.*)$')
  if b then
    put('b', b); put('i', i); put('m', m); put('y', y)
    set[#set + 1] = 'w'; set[#set + 1] = string.sub(rest, 1, size)
    rest = string.sub(rest, size + 1)
  else
    rest = string.sub(run, 3)
  end
  local z, la, began = string.match(rest, '^ (%S+) (%S+) (%S+)$')
  if z then put('z', z); put('la', la); put('b', began) end
  call('HSET', JOB, unpack(set))
end
`;
