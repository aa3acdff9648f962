import { QueueGate } from './queue-gate.js';

describe('QueueGate', () => {
  const gate = () => {
    const asked: number[] = [];
    return { asked, gate: new QueueGate((count) => asked.push(count)) };
  };

  it('asks for as many jobs as are wanted, and for none when nobody waits any more', () => {
    const { asked, gate: one } = gate();
    one.want(0);
    one.want(2);
    one.want(0);
    one.want(0);
    expect(asked).toEqual([2, 0]);
  });

  it('asks anew for those that come to wait besides, and not for fewer', () => {
    const { asked, gate: one } = gate();
    one.want(1);
    one.want(3);
    one.want(2);
    expect(asked).toEqual([1, 3]);
  });

  it('counts those that came: who waits after them is asked for anew', () => {
    const { asked, gate: one } = gate();
    one.want(2);
    one.arrived();
    one.want(1);
    one.want(2);
    expect(asked).toEqual([2, 2]);
  });

  it('knows that a job that has ended makes room for another', () => {
    const { asked, gate: one } = gate();
    one.want(2);
    const round = one.arrived();
    one.left(round);
    one.want(2);
    expect(asked).toEqual([2]);
  });

  it('knows that one of before makes no room in what was asked since', () => {
    const { asked, gate: one } = gate();
    one.want(1);
    const round = one.arrived();
    one.want(0);
    one.want(1);
    one.arrived();
    one.left(round);
    one.want(1);
    expect(asked).toEqual([1, 0, 1, 1]);
  });
});
