/**
 * Classes with handlers that this process has loaded: a fact about code, like metadata, not about an application. At
 * boot a worker finds those that nobody provides, whose handlers would never run.
 */
const decorated = new Set<WeakRef<object>>();
const seen = new WeakMap<object, Set<string>>();

export function rememberDecorated(prototype: object, method: string | symbol): void {
  let methods = seen.get(prototype);
  if (!methods) {
    seen.set(prototype, (methods = new Set()));
    decorated.add(new WeakRef(prototype));
  }
  methods.add(String(method));
}

/** `Class.method` of each handler whose class is none of the prototypes given, nor extended by one. */
export function unprovidedHandlers(provided: ReadonlySet<object>): string[] {
  const missing: string[] = [];
  for (const reference of decorated) {
    const prototype = reference.deref();
    if (!prototype) {
      decorated.delete(reference);
      continue;
    }
    if (provided.has(prototype)) continue;
    for (const method of seen.get(prototype) ?? []) missing.push(`${prototype.constructor.name}.${method}`);
  }
  return missing;
}
