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
local v = call('HMGET', JOB, 's', 'q', 't', 'g', 'c', 'T', 'w', 'u', 'x')
local s, q, t, tags = v[1], v[2], v[3], v[6]
if not s then return { 'unknown' } end
if FINAL[s] then return { 'final', s } end
if s == 'active' then
  -- The first to ask is remembered.
  if not v[9] then
    call('HSET', JOB, 'x', x, 'km', ms, 'kc', count)
    stays(v[8], at)
  end
  return { 'asked', v[7] or '' }
end
bury(x, tonumber(late) + (tonumber(ms) or 0) + math.max(0, (tonumber(v[8]) or 0) - at))
call('HSET', JOB, 's', 'cancelled', 'z', at, 'x', x)
moved(q, t, s, 'cancelled', v[5], tags)
over(q, t, 'cancelled', tags, ms, count)
return { 'cancelled' }
`,
);
