import { readFileSync } from 'node:fs';
import { WARREN_VERSION } from './version.js';

it('is that of package.json', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: WARREN_VERSION });
});
