import { isObservable, lastValueFrom } from 'rxjs';

/** What a handler returned, with an observable run to its end: its last value, or undefined when it had none. */
export function lastValueOf(returned: unknown): unknown {
  if (isObservable(returned)) return lastValueFrom(returned, { defaultValue: undefined });
  return returned instanceof Promise ? returned.then(lastValueOf) : returned;
}
