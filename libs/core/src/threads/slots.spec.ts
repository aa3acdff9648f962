import { Slots } from './slots.js';

describe('the slots for threads', () => {
  const never = new AbortController().signal;

  it('let in as many as there are, the others in the order of their coming', async () => {
    const slots = new Slots(1);
    const entered: string[] = [];
    const enter = (name: string) => slots.take(never).then(() => entered.push(name));
    await enter('first');
    const second = enter('second');
    const third = enter('third');
    expect(entered).toEqual(['first']);
    slots.release();
    await second;
    expect(entered).toEqual(['first', 'second']);
    slots.release();
    await third;
    expect(entered).toEqual(['first', 'second', 'third']);
  });

  it('let go of who no longer wants one', async () => {
    const slots = new Slots(1);
    await slots.take(never);
    const gone = new AbortController();
    const waiting = slots.take(gone.signal);
    gone.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(slots.take(gone.signal)).rejects.toThrow('enough');
    slots.release();
    await expect(slots.take(never)).resolves.toBeUndefined();
  });
});
