import { batchScript } from './script.js';

/**
 * The broker did not take messages. Shared: keep ms, keep count. Own: generation, at, error (JSON). Answers 1 when it
 * was recorded. A claim of that generation proves that the broker did take it.
 */
export const enqueueFailed = batchScript(
  'enqueueFailed',
  { shared: 2, own: 3 },
  `
local ms, count = ARGV[kind], ARGV[kind + 1]
local G, now, e = unpack(ARGV, own, own + 2)
local v = call('HMGET', JOB, 's', 'q', 't', 'c', 'T', 'g', 'k')
local s, q, t = v[1], v[2], v[3]
if (s ~= 'queued' and s ~= 'scheduled') or v[6] ~= G or v[7] then return 0 end
call('HSET', JOB, 's', 'enqueue_failed', 'z', now, 'e', e)
moved(q, t, s, 'enqueue_failed', v[4], v[5])
over(q, t, 'enqueue_failed', v[5], ms, count)
return 1
`,
);
