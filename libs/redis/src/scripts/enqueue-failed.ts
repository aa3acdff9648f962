import { batchScript } from './script.js';

/**
 * The broker did not take messages. Of each: id, generation, at, error (JSON), keep ms, keep count. Answers 1 when it
 * was recorded. A claim of that generation proves that the broker did take it.
 */
export const enqueueFailed = batchScript(
  'enqueueFailed',
  6,
  `
local _, G, now, e, ms, count = unpack(ARGV, at, at + 5)
local v = call('HMGET', JOB, 's', 'q', 't', 'c', 'T', 'g', 'k')
local s, q, t = v[1], v[2], v[3]
if (s ~= 'queued' and s ~= 'scheduled') or v[6] ~= G or v[7] then return 0 end
call('HSET', JOB, 's', 'enqueue_failed', 'h', now, 'z', now, 'e', e)
moved(q, t, s, 'enqueue_failed', v[4], v[5])
over(q, t, 'enqueue_failed', v[5], ms, count)
return 1
`,
);
