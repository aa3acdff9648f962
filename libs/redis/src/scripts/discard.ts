import { script } from './script.js';

/**
 * Forgets a job. KEYS: job. ARGV: prefix, id, ms for which its message leaves unseen. Answers 'unknown', 'active' or
 * 'discarded'.
 */
export const discard = script(
  'discard',
  `
local v = call('HMGET', JOB, 's', 'q', 't', 'T')
if not v[1] then return 'unknown' end
if v[1] == 'active' then return 'active' end
forget(v[2], v[3], v[1], v[4])
if tonumber(ARGV[3]) > 0 then call('SET', grave(), '', 'PX', ARGV[3]) else call('DEL', grave()) end
call('PUBLISH', P .. 'end:' .. ID, 'discarded')
return 'discarded'
`,
);
