import { PassThrough } from 'node:stream';
import type { Screen } from '../io.js';
import { styleFor } from './style.js';

const terminal = Object.assign(new PassThrough(), { isTTY: true }) as Screen;
const file = new PassThrough() as Screen;

describe('colours', () => {
  it.each([
    ['on a terminal', {}, terminal, false, true],
    ['not in a file', {}, file, false, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, terminal, false, false],
    ['on with an empty NO_COLOR', { NO_COLOR: '' }, terminal, false, true],
    ['in a file with FORCE_COLOR', { FORCE_COLOR: '1' }, file, false, true],
    ['on with FORCE_COLOR over NO_COLOR', { FORCE_COLOR: '', NO_COLOR: '1' }, file, false, true],
    ['not with FORCE_COLOR=0', { FORCE_COLOR: '0' }, terminal, false, false],
    ['not on a dumb terminal', { TERM: 'dumb' }, terminal, false, false],
    ['not with --no-color, whatever else is said', { FORCE_COLOR: '1' }, terminal, true, false],
  ])('are %s', (_, env, stdout, isRefused, isOn) => {
    const text = styleFor({ env, stdout }, isRefused)('red', 'text');
    expect(text).toBe(isOn ? '\u001b[31mtext\u001b[39m' : 'text');
  });
});
