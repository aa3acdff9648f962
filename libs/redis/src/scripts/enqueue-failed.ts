import { batchScript } from './script.js';

/**
 * The broker did not take messages. Texts: error (JSON). Answers 1 when it was recorded. A claim of that generation proves that the broker did take it.
 */
export const enqueueFailed = batchScript(
  'enqueueFailed',
  { shared: ['ms', 'count'], short: ['G', 'now'], texts: ['e'] },
  `
local v = call('HMGET', JOB, 'S', 'T')
if not v[1] then return 0 end
local s, g, n, q, t, k, c = read(v[1])
if (s ~= 'queued' and s ~= 'scheduled') or g ~= G or k then return 0 end
call('HSET', JOB, 'S', standing('enqueue_failed', g, n, q, t, nil, c, tagged(v[2])), 'z', now, 'e', e)
moved(q, t, s, 'enqueue_failed', c, v[2])
over(q, t, 'enqueue_failed', v[2], ms, count)
return 1
`,
);
