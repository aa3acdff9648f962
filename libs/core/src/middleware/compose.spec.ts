import { compose } from './compose.js';

type Wrapper = (context: string[], next: () => Promise<string>) => Promise<string>;

const noting =
  (name: string): Wrapper =>
  async (context, next) => {
    context.push(`${name} in`);
    const result = await next();
    context.push(`${name} out`);
    return `${name}(${result})`;
  };

describe('composed middleware', () => {
  it('runs the first outermost and passes results back through all', async () => {
    const run = compose<string[], string>([noting('a'), noting('b')], async (context) => {
      context.push('innermost');
      return 'x';
    });
    const context: string[] = [];
    await expect(run(context)).resolves.toBe('a(b(x))');
    expect(context).toEqual(['a in', 'b in', 'innermost', 'b out', 'a out']);
  });

  it('is the innermost function alone when there is none', async () => {
    const innermost = async () => 'x';
    expect(compose<string[], string>([], innermost)).toBe(innermost);
  });

  it('fails with what a wrapper throws, and runs nothing below it', async () => {
    const reached: string[] = [];
    const refuse: Wrapper = () => Promise.reject(new Error('no'));
    const run = compose<string[], string>([noting('a'), refuse], async () => {
      reached.push('innermost');
      return 'x';
    });
    await expect(run([])).rejects.toThrow('no');
    expect(reached).toEqual([]);
  });

  it('keeps calls apart that run at the same time', async () => {
    const run = compose<string[], string>([noting('a')], async (context) => `${context.length}`);
    const results = await Promise.all([run([]), run(['before'])]);
    expect(results).toEqual(['a(1)', 'a(2)']);
  });
});
