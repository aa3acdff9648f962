/**
 * For `node --import`: sets the hour of this process, as an administrator or a time server does, to what the file
 * `clock-shift` in SOAK_FOLDER says, in milliseconds. SIGWINCH reads it again (Nest takes SIGUSR2 for a shutdown). Timers go on as they would.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(process.env.SOAK_FOLDER, 'clock-shift');
const realNow = Date.now;
const RealDate = Date;
let shiftMs = 0;

function readShift() {
  shiftMs = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(realNow() + shiftMs);
    else super(...args);
  }

  static now() {
    return realNow() + shiftMs;
  }
};

readShift();
process.on('SIGWINCH', () => {
  readShift();
  console.error(`the hour is set by ${shiftMs} ms`);
});
