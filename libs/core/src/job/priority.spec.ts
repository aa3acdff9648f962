import { levelOf, levelSuffix, levelsDown, normalLevel, travellingPriority } from './priority.js';

describe('priorities', () => {
  it.each([
    [2, 0],
    [3, 1],
    [4, 1],
    [5, 2],
    [10, 4],
  ])('of %i levels the normal one is %i', (levels, normal) => {
    expect(normalLevel(levels)).toBe(normal);
    expect(levelOf(undefined, levels)).toBe(normal);
  });

  it.each([
    ['high', 3, 2],
    ['normal', 3, undefined],
    ['low', 3, 0],
    [undefined, 3, undefined],
    [1, 3, undefined],
    [2, 3, 2],
    ['low', 2, undefined],
    ['high', 10, 9],
  ] as const)('%s of %i levels travels as %s', (said, levels, number) => {
    expect(travellingPriority(said, levels)).toBe(number);
  });

  it('take what is above the highest level for the highest', () => {
    expect(levelOf(255, 3)).toBe(2);
    expect(levelOf(0, 3)).toBe(0);
  });

  it('are called by their distance from the normal level, so that more levels move none', () => {
    const names = (levels: number) => levelsDown(levels).map((level) => levelSuffix(level, levels));
    expect(names(3)).toEqual(['@+1', '', '@-1']);
    expect(names(4)).toEqual(['@+2', '@+1', '', '@-1']);
    expect(names(5)).toEqual(['@+2', '@+1', '', '@-1', '@-2']);
  });
});
