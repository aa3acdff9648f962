import { redactUrls } from './redact.js';

describe('redacting URLs', () => {
  it.each([
    ['amqp://user:secret@host:5672/vhost', 'amqp://***@host:5672/vhost'],
    ['amqps://user@host', 'amqps://***@host'],
    ['tried amqp://a:b@h1, then amqp://c:d@h2.', 'tried amqp://***@h1, then amqp://***@h2.'],
    ['amqp://user:p@ss@host', 'amqp://***@host'],
    ['amqp://user:pa/ss@host/vhost', 'amqp://***@host/vhost'],
    ['redis://:secret@cache:6379', 'redis://***@cache:6379'],
    ['https://me:p@ss@example.com/x', 'https://***@example.com/x'],
    ['AMQP://User:Secret@HOST', 'AMQP://***@HOST'],
  ])('%s becomes %s', (text, expected) => {
    expect(redactUrls(text)).toBe(expected);
  });

  it.each([
    'amqp://localhost:5672/vhost',
    'mail to someone@example.com',
    'https://example.com/path?mail=a@example.com',
    'no URL at all',
  ])('leaves %s alone', (text) => {
    expect(redactUrls(text)).toBe(text);
  });

  it('is quick on long text without an end', () => {
    expect(redactUrls(`${'a'.repeat(200_000)}@`)).toHaveLength(200_001);
    expect(redactUrls(`https://${'@'.repeat(100_000)}`)).toBe('https://***@');
  });
});
