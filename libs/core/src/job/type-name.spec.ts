import { isHandlerPattern, isJobType, isQueueName, patternsFor, queueOfType } from './type-name.js';

describe('job types', () => {
  it.each(['email', 'email:new', 'a:b:c', 'A_1.x-y:z', 'x'.repeat(200)])('%s is one', (type) => {
    expect(isJobType(type)).toBe(true);
    expect(isHandlerPattern(type)).toBe(true);
  });

  it.each(['', ':', 'email:', ':new', 'a::b', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(201), 5, null, undefined])(
    '%j is none',
    (type) => {
      expect(isJobType(type)).toBe(false);
    },
  );

  it.each([
    ['email:new', 'email'],
    ['a:b:c', 'a'],
    ['email:', 'email'],
    ['email', 'default'],
    ['', 'default'],
  ])('jobs of %j wait in queue %s', (type, queue) => {
    expect(queueOfType(type)).toBe(queue);
  });

  it('are looked up exactly, then by shorter prefixes, then by the catch-all', () => {
    expect(patternsFor('a:b:c')).toEqual(['a:b:c', 'a:b:', 'a:', '']);
    expect(patternsFor('email')).toEqual(['email', '']);
  });
});

describe('handler patterns', () => {
  it.each(['', 'email:', 'a:b:', 'a:b'])('%j is one', (pattern) => {
    expect(isHandlerPattern(pattern)).toBe(true);
  });

  it.each([':', 'a::', 'a b:', '*', 'a:*', null])('%j is none', (pattern) => {
    expect(isHandlerPattern(pattern)).toBe(false);
  });
});

describe('queue names', () => {
  it.each(['email', 'a.b-c_1', 'q'.repeat(120)])('%s is one', (name) => {
    expect(isQueueName(name)).toBe(true);
  });

  it.each(['', 'a:b', 'a b', 'a\n', '#', 'q'.repeat(121), undefined])('%j is none', (name) => {
    expect(isQueueName(name)).toBe(false);
  });
});
