import { charge, forgive, nextOf, type Weighed } from './weighing.js';

interface Named extends Weighed {
  readonly name: string;
}

const named = (name: string, weight: number): Named => ({ name, weight, credit: 0 });

function turns(contenders: readonly Named[], count: number): string {
  let taken = '';
  for (let turn = 0; turn < count; turn += 1) {
    const next = nextOf(contenders)!;
    charge(contenders, next);
    taken += next.name;
  }
  return taken;
}

describe('smooth weighted round robin', () => {
  it('spreads the turns of each as nginx says', () => {
    expect(turns([named('a', 5), named('b', 1), named('c', 1)], 14)).toBe('aabacaaaabacaa');
  });

  it('gives exactly the shares in each round', () => {
    const all = [named('a', 10), named('b', 1)];
    for (let round = 0; round < 3; round += 1) {
      expect([...turns(all, 11)].filter((name) => name === 'b')).toHaveLength(1);
    }
  });

  it('has no turn for nobody', () => {
    expect(nextOf([])).toBeUndefined();
  });

  it('forgets what one that was idle is owed, and not what it owes', () => {
    const [rich, poor] = [named('a', 1), named('b', 1)];
    rich.credit = 7;
    poor.credit = -7;
    forgive(rich);
    forgive(poor);
    expect([rich.credit, poor.credit]).toEqual([0, -7]);
  });
});
