import { script } from './script.js';

/**
 * Publishes on the node that publishes the ends of jobs. KEYS: any of the application. ARGV: prefix, -, channel,
 * message. Answers 1.
 */
export const announce = script(
  'announce',
  `
call('PUBLISH', ARGV[3], ARGV[4])
return 1
`,
);

/**
 * Somebody waits for the end of a job: until the time is over, ends are published. KEYS: any of the application. ARGV:
 * prefix, -, ms. Answers 1 when that was known, 0 when it was not, and so ends may have gone untold.
 */
export const listen = script(
  'listen',
  `
local known = call('EXISTS', P .. 'waited')
call('SET', P .. 'waited', '1', 'PX', ARGV[3])
return known
`,
);
