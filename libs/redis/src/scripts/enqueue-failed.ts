import { batchScript } from './script.js';

/**
 * The broker did not take messages. Shared: keep ms, keep count. Numbers: generation, at. Texts: error (JSON). Answers 1 when it
 * was recorded. A claim of that generation proves that the broker did take it.
 */
export const enqueueFailed = batchScript(
  'enqueueFailed',
  { shared: 2, texts: 1 },
  `
local ms, count = ARGV[kind], ARGV[kind + 1]
local G, now = string.match(numbers, '^(%S+) (%S+)$')
local e = ARGV[own]
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
