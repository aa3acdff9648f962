import { jobScript } from './script.js';

/**
 * Asks for the end of a job. KEYS: job. ARGV: prefix, id, at, cancellation (JSON), keep ms, keep count, ms for which a
 * late message is expected. Answers {'unknown'} | {'final', state} | {'asked', worker} | {'cancelled'}.
 *
 * The message of a job that waited may arrive after the record is gone (expired, or above its count): the grave then
 * says that it was cancelled. It stays until the message was due, and as long again as it is told to.
 */
export const cancel = jobScript(
  'cancel',
  `
local _, _, at, x, ms, count, late = unpack(ARGV)
apart()
local v = call('HMGET', JOB, 'S', 'T', 'w', 'u', 'x')
if not v[1] then return { 'unknown' } end
local s, g, n, q, t, k, c = read(v[1])
local tags, due = v[2], v[4]
if FINAL[s] then return { 'final', s } end
if s == 'active' then
  -- The first to ask is remembered.
  if not v[5] then
    local marks = tags and 'TX' or 'X'
    call('HSET', JOB, 'S', standing(s, g, n, q, t, k, c, marks), 'x', x, 'km', ms, 'kc', count)
    stays(due, at)
  end
  return { 'asked', v[3] or '' }
end
bury(x, tonumber(late) + (tonumber(ms) or 0) + math.max(0, (tonumber(due) or 0) - at))
call('HSET', JOB, 'S', standing('cancelled', g, n, q, t, k, c, tagged(tags)), 'z', at, 'x', x)
moved(q, t, s, 'cancelled', c, tags)
over(q, t, 'cancelled', tags, ms, count)
return { 'cancelled' }
`,
);
