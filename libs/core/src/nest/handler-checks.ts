import type { FoundMethod, Host, Overridden } from './discovery.js';
import { typeOf } from './decorators/metadata.js';
import { ENHANCER_KEYS, parametersOf } from './nest-metadata.js';

/** What is said at boot about handlers that would not run as their author thinks. */

/** Methods of the first instance of each class, and a problem for each class that has more. */
export function oncePerClass(methods: readonly FoundMethod[]): {
  readonly once: readonly FoundMethod[];
  readonly problems: readonly string[];
} {
  const hosts = new Map<object, Set<Host>>();
  const once: FoundMethod[] = [];
  for (const method of methods) {
    let ofClass = hosts.get(method.host.prototype);
    if (!ofClass) hosts.set(method.host.prototype, (ofClass = new Set()));
    ofClass.add(method.host);
    if ([...ofClass][0] === method.host) once.push(method);
  }
  return {
    once,
    problems: [...hosts.values()]
      .filter(({ size }) => size > 1)
      .map((ofClass) => providedTwice([...ofClass])),
  };
}

function providedTwice(hosts: readonly Host[]): string {
  const className = hosts[0]!.className;
  const modules = [...new Set(hosts.map(({ module }) => module.name))];
  return modules.length > 1
    ? `${className}: it is provided in ${modules.join(' and ')}, so that its jobs would have ${hosts.length} handlers. Provide it in one module, export it there, and import that module in the others.`
    : `${className}: ${modules.join()} provides it ${hosts.length} times under several tokens, so that its jobs would have ${hosts.length} handlers. Provide it once; a further token takes useExisting.`;
}

/**
 * Nest makes guards, interceptors, pipes and filters that are given as classes only for classes that it makes itself:
 * those of a factory's or a value's methods it passes over without a word.
 */
export function unmadeEnhancers({ host, name, place, method }: FoundMethod): string | undefined {
  const type = host.prototype.constructor;
  const given = [
    ...[method, type].flatMap((target) =>
      ENHANCER_KEYS.flatMap((key) => (Reflect.getMetadata(key, target) as unknown[] | undefined) ?? []),
    ),
    ...Object.values(parametersOf(type, name)).flatMap(({ pipes }) => pipes),
  ];
  const { injectables } = host.module;
  const unmade = given.filter((each) => typeof each === 'function' && !injectables.has(each as never));
  if (unmade.length === 0) return undefined;
  const names = [...new Set(unmade.map((each) => (each as { readonly name: string }).name))].join(', ');
  return `${place}: Nest would pass over ${names}, as ${host.className} is provided by a factory or a value. Provide it as a class, or give instances, such as @UseGuards(new MyGuard()).`;
}

export function overriddenLine({ place, original, handlers, enqueue }: Overridden): string {
  const decorators = [
    ...handlers.map(({ job }) => `@JobHandler('${typeOf(job)}')`),
    ...(enqueue ? [`@Enqueue('${typeOf(enqueue.job)}')`] : []),
  ];
  return `${place} overrides ${original} without its ${decorators.join(', ')}, which therefore does nothing here. Decorate ${place} too, or remove the decorator from ${original}.`;
}

export function misplacedHandler(place: string): string {
  return notRun(place, 'is used as a guard, interceptor, pipe or filter only');
}

export function unprovidedHandler(place: string): string {
  return `${notRun(place, 'is in the providers of no module')} Every class that this process has loaded counts, also one of another application in it: when this one leaves it to another, set unprovidedHandlers: 'ignore' (or 'warn').`;
}

function notRun(place: string, what: string): string {
  return `${place}: @JobHandler on a class that ${what}, so that it would never run. Add the class to the providers of a module.`;
}
