import { worked } from './work.mjs';

/** What a queue pays for priorities and limits of another one. */
export const control = () =>
  [
    ...[10, 100].map((concurrency) => worked(concurrency, ['Warren', 'Warren, control beside'])),
    storedAt100(),
  ].map((scenario) => ({ ...scenario, title: `control beside: ${scenario.title}` }));

function storedAt100() {
  const scenario = worked(100, ['Warren, Redis store', 'Warren, Redis store, control beside']);
  return { ...scenario, title: `${scenario.title}, Redis store` };
}
