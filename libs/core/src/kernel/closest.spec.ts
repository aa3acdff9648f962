import { closest } from './closest.js';

describe('the closest name', () => {
  it.each([
    ['concurency', 'concurrency'],
    ['ulr', 'url'],
    ['Attempts', 'attempts'],
    ['publishTimout', 'publishTimeout'],
  ])('to %s is %s', (name, expected) => {
    expect(closest(name, ['url', 'concurrency', 'attempts', 'publishTimeout'])).toBe(expected);
  });

  it('is none when all are too far away', () => {
    expect(closest('colour', ['url', 'attempts'])).toBeUndefined();
    expect(closest('ab', ['cd'])).toBeUndefined();
    expect(closest('anything', [])).toBeUndefined();
  });
});
