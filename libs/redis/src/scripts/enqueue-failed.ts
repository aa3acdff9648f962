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
local v = call('HMGET', JOB, 'S', 'c', 'T')
if not v[1] then return 0 end
local s, g, n, q, t, k = read(v[1])
if (s ~= 'queued' and s ~= 'scheduled') or g ~= G or k then return 0 end
call('HSET', JOB, 'S', standing('enqueue_failed', g, n, q, t), 'z', now, 'e', e)
moved(q, t, s, 'enqueue_failed', v[2], v[3])
over(q, t, 'enqueue_failed', v[3], ms, count)
return 1
`,
);
