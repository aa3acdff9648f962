import { script } from './script.js';

/**
 * Progress and log lines of a run. KEYS: job. ARGV: prefix, id, generation, token, run, progress (JSON), lines (JSON,
 * one a line), their number, most lines remembered. Answers 1 when it is the newest run, which may have ended.
 */
export const reported = script(
  'reported',
  `
local _, _, G, K, N, progress, lines, added, kept = unpack(ARGV)
local v = call('HMGET', JOB, 'g', 'k', 'n', 'l', 'ln', 's', 'q', 't', 'T')
if v[1] ~= G or v[2] ~= K or v[3] ~= N then return 0 end
if progress ~= '' then call('HSET', JOB, 'f', progress) end
if lines ~= '' then
  local text, count = appended(v[4], tonumber(v[5]) or 0, lines, tonumber(added), tonumber(kept))
  call('HSET', JOB, 'l', text, 'ln', count)
end
if v[6] == 'active' then stays(v[7], v[8], v[6], v[9]) end
return 1
`,
);
