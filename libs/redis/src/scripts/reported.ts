import { LINES_KEPT } from 'nestjs-warren/ports';
import { batchScript } from './script.js';

/**
 * Progress and log lines of runs. Own: generation, token, run, progress (JSON), lines (JSON, one a line), their number. Answers 1 when it is the newest run, which may have ended.
 */
export const reported = batchScript(
  'reported',
  { shared: 0, own: 6 },
  `
local G, K, N, progress, lines, added = unpack(ARGV, own, own + 5)
local v = call('HMGET', JOB, 'g', 'k', 'n', 'l', 'ln', 's')
if v[1] ~= G or v[2] ~= K or v[3] ~= N then return 0 end
if progress ~= '' then call('HSET', JOB, 'f', progress) end
if lines ~= '' then
  local text, count = appended(v[4], tonumber(v[5]) or 0, lines, tonumber(added), ${LINES_KEPT})
  call('HSET', JOB, 'l', text, 'ln', count)
end
if v[6] == 'active' then stays() end
return 1
`,
);
