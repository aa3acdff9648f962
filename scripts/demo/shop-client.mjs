import { setTimeout as wait } from 'node:timers/promises';

/** The demo's way to the shop: its HTTP API, and nothing else. */
export class ShopClient {
  #url;
  #signal;

  constructor(url, signal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** Resolves when /healthz says ok. @throws after the limit, with the last answer. */
  async healthy(limitMs) {
    const deadlineAt = Date.now() + limitMs;
    for (;;) {
      const answer = await fetch(`${this.#url}/healthz`, { signal: this.#signal }).then(
        async (response) => (response.ok ? undefined : await response.text()),
        (error) => error.cause?.code ?? error.message,
      );
      this.#signal.throwIfAborted();
      if (answer === undefined) return;
      if (Date.now() > deadlineAt)
        throw new Error(`the API was not healthy in ${limitMs / 1000} s: ${answer}`);
      await wait(100, undefined, { signal: this.#signal });
    }
  }

  /** @returns ids and types of the jobs that the request made */
  async post(path, body) {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.#signal,
    });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text).jobs;
  }

  async deadLetters(queue) {
    const response = await fetch(`${this.#url}/dead-letters/${queue}`, { signal: this.#signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`GET /dead-letters/${queue} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

/** Runs `task` for each item, at most `limit` at once; ends at the first failure. */
export async function forEachLimited(items, limit, task) {
  const waiting = items.values();
  let isFailed = false;
  const lane = async () => {
    for (const item of waiting) {
      if (isFailed) return;
      await task(item);
    }
  };
  const lanes = Array.from({ length: limit }, () =>
    lane().catch((error) => {
      isFailed = true;
      throw error;
    }),
  );
  await Promise.all(lanes);
}
