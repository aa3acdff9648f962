import { LINES_KEPT } from 'nestjs-warren/ports';
import { batchScript } from './script.js';

/**
 * Progress and log lines of runs. Generation, run, number of lines. Texts: progress (JSON), lines (JSON,
 * one a line). Answers 1 when it is the newest run, which may have ended.
 */
export const reported = batchScript(
  'reported',
  { shared: [], short: ['G', 'N', 'added', 'K'], texts: ['progress', 'lines'] },
  `
local v = call('HMGET', JOB, 'S', 'l', 'ln')
if not v[1] then return 0 end
local s, g, n, _, _, k = read(v[1])
if g ~= G or k ~= K or n ~= N then return 0 end
if progress ~= '' then call('HSET', JOB, 'f', progress) end
if lines ~= '' then
  local text, count = appended(v[2], tonumber(v[3]) or 0, lines, tonumber(added), ${LINES_KEPT})
  call('HSET', JOB, 'l', text, 'ln', count)
end
if s == 'active' then stays() end
return 1
`,
);
