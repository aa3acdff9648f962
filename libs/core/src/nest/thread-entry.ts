import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Which file starts the application again in a thread: known to the modules that `bootstrapWorker` makes. */
const entries = new AsyncLocalStorage<URL | undefined>();

export function withThreadEntry<T>(boot: () => T): T {
  return entries.run(startedFile(), boot);
}

/** Undefined outside of `bootstrapWorker`, and where the process was started without a file. */
export function entryOfBootstrap(): URL | undefined {
  return entries.getStore();
}

/** As Node finds it: `node dist/main` may leave out the extension. */
function startedFile(): URL | undefined {
  const given = process.argv[1];
  if (given === undefined) return undefined;
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve(given));
  } catch {
    return undefined;
  }
}
