import { script } from './script.js';

/**
 * How many jobs there are of each queue and state. KEYS: types. ARGV: prefix, -, states. Answers a list of queue,
 * state, number, ... It asks each index for its length, which costs the same for one job and for a million; jobs that
 * expired, but still stand there, are taken off. Types and queues without jobs are forgotten.
 */
export const counts = script(
  'counts',
  `
local sums, order = {}, {}
for _, t in ipairs(call('SMEMBERS', KEYS[1])) do
  for _, q in ipairs(call('SMEMBERS', P .. 'q:' .. t)) do
    local isEmpty = true
    for at = 3, #ARGV do
      local s = ARGV[at]
      local count = call('ZCARD', index(q, t, s))
      if count > 0 then isEmpty = false end
      if count > 0 then
        tidy(q, t, s)
        count = call('ZCARD', index(q, t, s))
        if FINAL[s] then count = count - call('ZCOUNT', ends(q, t, s), '-inf', whole(clock())) end
      end
      if count > 0 then
        local key = q .. '\\n' .. s
        if not sums[key] then order[#order + 1] = { q, s } end
        sums[key] = (sums[key] or 0) + count
      end
    end
    if isEmpty then call('SREM', P .. 'q:' .. t, q) end
  end
  if call('EXISTS', P .. 'q:' .. t) == 0 then call('SREM', KEYS[1], t) end
end
local answer = {}
for _, of in ipairs(order) do
  answer[#answer + 1] = of[1]
  answer[#answer + 1] = of[2]
  answer[#answer + 1] = sums[of[1] .. '\\n' .. of[2]]
end
return answer
`,
);
