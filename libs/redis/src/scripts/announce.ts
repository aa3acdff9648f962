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
