import { HIDDEN, redactByKey } from './redact.js';

describe('redactByKey', () => {
  const redact = redactByKey(['birthDate']);

  it.each([
    'password',
    'dbPassword',
    'API_KEY',
    'X-Api-Key',
    'accessToken',
    'Authorization',
    'Set-Cookie',
    'client_secret',
    'pin',
    'userPin',
    'creditCard',
    'birth_date',
    'BIRTHDATE',
  ])('hides %s', (key) => {
    expect(redact({ [key]: 'x' })).toEqual({ [key]: HIDDEN });
  });

  it.each(['author', 'spinner', 'pinned', 'to', 'name', 'cardinal', 'shipping', 'birth'])(
    'shows %s',
    (key) => {
      expect(redact({ [key]: 'x' })).toEqual({ [key]: 'x' });
    },
  );

  it('hides whole objects, and looks into lists and objects', () => {
    expect(redact({ users: [{ name: 'Ada', secrets: { a: 1 } }] })).toEqual({
      users: [{ name: 'Ada', secrets: HIDDEN }],
    });
  });

  it('shows that nothing was there', () => {
    expect(redact({ token: null, secret: '' })).toEqual({ token: null, secret: '' });
  });

  it('leaves dates, text and numbers, and changes nothing of what it is given', () => {
    const at = new Date();
    const given = { at, deep: { token: 'x' } };
    expect(redact(given)).toEqual({ at, deep: { token: HIDDEN } });
    expect(given.deep.token).toBe('x');
    expect(redact('text')).toBe('text');
    expect(redact(undefined)).toBeUndefined();
  });

  it('is not led astray by keys of objects themselves', () => {
    const given = JSON.parse('{"__proto__":{"token":"x"},"constructor":1}') as object;
    const shown = redact(given) as object;
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"token":"[redacted]"},"constructor":1}');
    expect(({} as Record<string, unknown>)['token']).toBeUndefined();
  });

  it('shows nothing of what is nested too deep', () => {
    let deep: unknown = { token: 'x' };
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(JSON.stringify(redact(deep))).toContain('[nested too deep]');
  });
});
