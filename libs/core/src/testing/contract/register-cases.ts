/** What Jest, Vitest and others put into the global scope. */
interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeoutMs: number): void;
  beforeAll(body: () => Promise<void>, timeoutMs: number): void;
  afterAll(body: () => Promise<void>, timeoutMs: number): void;
}

interface Case<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** Longest run of one case, in milliseconds, where nobody says another. */
export const CASE_LIMIT_MS = 60_000;

/** Registers cases with the test runner's globals: one suite, with one subject made before all of them. */
export function registerCases<Subject extends { dispose(): Promise<void> }>(
  title: string,
  factory: () => Promise<Subject>,
  cases: ReadonlyArray<Case<Subject>>,
  timeoutMs: number,
): void {
  const runner = globalThis as unknown as TestRunner;
  runner.describe(title, () => {
    let subject: Subject | undefined;
    runner.beforeAll(async () => {
      subject = await factory();
    }, timeoutMs);
    runner.afterAll(async () => subject?.dispose(), timeoutMs);
    for (const { name, run } of cases) runner.it(name, () => run(subject!), timeoutMs);
  });
}
