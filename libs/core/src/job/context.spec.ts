import { JobContext, runWithContext } from './context.js';

const contextNamed = (id: string): JobContext => ({ id }) as JobContext;

describe('the current job', () => {
  it('is found anywhere below the handler, also after waiting', async () => {
    const seen = await runWithContext(contextNamed('job-1'), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return JobContext.current().id;
    });
    expect(seen).toBe('job-1');
  });

  it('is kept apart for jobs that run at the same time', async () => {
    const run = (id: string) =>
      runWithContext(contextNamed(id), async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return JobContext.currentOrUndefined()?.id;
      });
    await expect(Promise.all([run('a'), run('b')])).resolves.toEqual(['a', 'b']);
  });

  it('is none outside, and asking for it says what to do', () => {
    expect(JobContext.currentOrUndefined()).toBeUndefined();
    expect(() => JobContext.current()).toThrow(/currentOrUndefined/);
  });
});
