import { Chain } from './chain.js';

describe('a chain', () => {
  it('keeps its members in the order of their coming, whichever leave', () => {
    const chain = new Chain<number>();
    const links = [1, 2, 3, 4, 5].map((value) => chain.add(value));
    for (const index of [2, 0, 4]) expect(chain.remove(links[index]!)).toBe(true);
    chain.add(6);
    expect([...chain]).toEqual([2, 4, 6]);
    expect(chain.size).toBe(3);
    expect(chain.head?.value).toBe(2);
  });

  it('lets a member leave once', () => {
    const chain = new Chain<string>();
    const link = chain.add('only');
    expect([chain.remove(link), chain.remove(link)]).toEqual([true, false]);
    expect([chain.size, chain.head]).toEqual([0, undefined]);
    chain.add('next');
    expect(chain.remove(link)).toBe(false);
    expect([...chain]).toEqual(['next']);
  });

  it('tells those that were there at the begin, although they leave or others come', () => {
    const chain = new Chain<string>();
    const links = ['a', 'b', 'c'].map((value) => chain.add(value));
    const told: string[] = [];
    for (const value of chain) {
      told.push(value);
      chain.remove(links[1]!);
      chain.add('later');
    }
    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('cuts the links of a member that left, so that it holds nothing that came later', () => {
    const chain = new Chain<string>();
    const [first] = ['a', 'b'].map((value) => chain.add(value));
    chain.remove(first!);
    expect(first).toEqual({ value: 'a', previous: undefined, next: undefined });
  });
});
