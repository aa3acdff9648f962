import { setTimeout as wait } from 'node:timers/promises';

/** Resolves when the condition holds; after the limit, fails and says what it waited for. */
export async function until(
  condition: () => boolean | undefined | Promise<boolean | undefined>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const deadlineAt = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadlineAt) throw new Error(`Waited ${limitMs} ms in vain until: ${what}.`);
    await wait(20);
  }
}
