import { jobScript } from './script.js';

/**
 * Forgets a job. KEYS: job. ARGV: prefix, id, ms for which its message leaves unseen. Answers 'unknown', 'active' or
 * 'discarded'.
 */
export const discard = jobScript(
  'discard',
  `
local v = call('HMGET', JOB, 'S', 'T')
if not v[1] then return 'unknown' end
local s, g, _, q, t = read(v[1])
if s == 'active' then return 'active' end
forget(q, t, s, v[2])
local ms = tonumber(ARGV[3])
-- The message after the known one may be on its way. One that is newer still is a dead letter that came back.
if ms > 0 or call('PTTL', grave()) > 0 then bury('d' .. whole(g + 2), ms) end
tell('discarded')
return 'discarded'
`,
);
