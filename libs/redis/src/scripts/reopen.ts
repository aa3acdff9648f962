import { jobScript } from './script.js';

/**
 * Opens a job for a new message. KEYS: job. ARGV: prefix, id, at, due, attempts spent, what to do with the payload
 * ('keep', 'drop' or 'set'), the payload, what the new message carries besides unless it keeps that with the payload, ms
 * for which a late message is expected, states in which it may be (each between commas), and from there on the fields of
 * the answer. Answers {'unknown'} | {'refused', state} | {'reopened', values}.
 */
export const reopen = jobScript(
  'reopen',
  `
local _, _, at, due, spent, how, p, j, late, from = unpack(ARGV)
local v = call('HMGET', JOB, 'S', 'T', 'u')
if not v[1] then return { 'unknown' } end
local s, known, n, q, t, _, c = read(v[1])
if not string.find(from, ',' .. s .. ',', 1, true) then return { 'refused', s } end
local to = due == '' and 'queued' or 'scheduled'
apart()
if s == 'completed' then remember_completion() end
-- The message after the known one may be on its way: this one is newer still.
local g = whole(known + 2)
local set = { 'S', standing(to, g, n, q, t, nil, c, tagged(v[2])), 'h', at }
local function put(field, value)
  if value ~= '' then set[#set + 1] = field; set[#set + 1] = value end
end
put('u', due); put('i', spent)
if how == 'set' then put('p', p) end
if how ~= 'keep' then put('j', j) end
call('HSET', JOB, unpack(set))
if due == '' then call('HDEL', JOB, 'u') end
if how == 'drop' then call('HDEL', JOB, 'p') end
if how ~= 'keep' and j == '' then call('HDEL', JOB, 'j') end
call('HDEL', JOB, 'o', 'on', 'od', 'sr', 'r', 'v', 'f', 'x', 'km', 'kc', 'z')
bury('g' .. g, late + math.max(0, (tonumber(v[3]) or 0) - at))
moved(q, t, s, to, c, v[2])
stays(due, at)
local fields = {}
for field = 11, #ARGV do fields[#fields + 1] = ARGV[field] end
return { 'reopened', call('HMGET', JOB, unpack(fields)) }
`,
);
