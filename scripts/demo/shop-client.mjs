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

  /** @returns what the request made: its `jobs` by id and type, and more for some paths */
  post(path, body) {
    return this.#ask('POST', path, 202, body);
  }

  deadLetters(queue) {
    return this.#ask('GET', `/dead-letters/${queue}`, 200);
  }

  job(id) {
    return this.#ask('GET', `/jobs/${id}`, 200);
  }

  cancel(id) {
    return this.#ask('DELETE', `/jobs/${id}`, 202);
  }

  async #ask(method, path, status, body) {
    const response = await fetch(this.#url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: this.#signal,
    });
    const text = await response.text();
    if (response.status !== status) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
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
