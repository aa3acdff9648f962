import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantSaid, milliseconds, ratePerSecond, resolveSettings, wholeNumber } from './settings.js';

const folder = mkdtempSync(join(tmpdir(), 'warren-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown, name = 'c.json'): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const resolve = (flags: object, env: Record<string, string> = {}) =>
  resolveSettings({ color: true, ...flags }, { env: { HOME: folder, ...env }, cwd: folder });

describe('settings', () => {
  it('come from flags, then variables, then the profile, then the built-in', async () => {
    const config = file({
      defaultProfile: 'dev',
      profiles: { dev: { amqp: 'amqp://dev', redis: 'redis://dev', appName: 'shop', time: 'utc' } },
    });
    expect(
      await resolve({ config, amqp: 'amqp://flag' }, { WARREN_REDIS: 'redis://variable' }),
    ).toMatchObject({
      amqp: 'amqp://flag',
      redis: 'redis://variable',
      appName: 'shop',
      time: 'utc',
      format: 'text',
      timeoutMs: 10_000,
      isTimeoutSaid: false,
    });
    expect(await resolve({}, { WARREN_YES: '1', WARREN_QUIET: '0', WARREN_AMQP: '' })).toMatchObject({
      amqp: undefined,
      appName: 'warren',
      isYes: true,
      isQuiet: false,
    });
  });

  it('are found beside the caller, and in the home folder', async () => {
    const path = file({ profiles: { prod: { appName: 'here' } } }, 'warren.config.json');
    try {
      expect(await resolve({ profile: 'prod' })).toMatchObject({ appName: 'here' });
    } finally {
      rmSync(path);
    }
  });

  it.each([
    [{ config: join(folder, 'none.json') }, /There is no config file/],
    [{ profile: 'prod' }, /profile "prod" is not known: there is no config file/],
    [{ config: file('{', 'broken.json') }, /is no JSON/],
    [
      { config: file({ profiles: { a: { ampq: 'x' } } }, 'typo.json') },
      /profiles\.a\.ampq: there is no such member/,
    ],
    [{ config: file({ profiles: { a: { amqp: 7 } } }, 'number.json') }, /profiles\.a\.amqp: give a text/],
    [{ config: file([], 'list.json') }, /it is no object/],
    [{ config: file({ profiles: { a: {} } }, 'a.json'), profile: 'b' }, /no profile "b" in .* Known: a/],
    [{ output: 'xml' }, /--output: "xml" is none of text, json/],
    [{ timeout: 'soon' }, /--timeout: "soon" is no duration/],
  ])('%j are refused', async (flags, message) => {
    await expect(resolve(flags)).rejects.toMatchObject({ exit: 2, message: expect.stringMatching(message) });
  });
});

describe('values of flags', () => {
  it('are read', () => {
    expect(milliseconds('1.5s', 'x')).toBe(1_500);
    expect(ratePerSecond('300/m')).toBe(5);
    expect(ratePerSecond('50')).toBe(50);
    expect(wholeNumber('7', 'x')).toBe(7);
    expect(instantSaid('2h', 'x', 7_200_000)).toEqual(new Date(0));
    expect(instantSaid('2026-01-31T08:00:00Z', 'x', 0)).toEqual(new Date('2026-01-31T08:00:00Z'));
  });

  it.each([
    () => milliseconds('-1s', 'x'),
    () => ratePerSecond('0/s'),
    () => ratePerSecond('many'),
    () => wholeNumber('0', 'x'),
    () => wholeNumber('1.5', 'x'),
    () => wholeNumber('9', 'x', 1, 5),
    () => instantSaid('tomorrow', 'x', 0),
    () => instantSaid('2026-99-99', 'x', 0),
  ])('%s is refused', (read) => {
    expect(read).toThrow(expect.objectContaining({ exit: 2, message: expect.stringContaining('--') }));
  });
});
