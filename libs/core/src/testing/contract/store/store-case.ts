import type { StoreFacet } from '../../../ports/job-store.js';
import { StoreScene } from './store-scene.js';
import type { StoreUnderTest } from './store-under-test.js';

/** One promise of the port. Any test runner can take it; it throws when the promise is broken. */
export interface StoreCase {
  /** A sentence. */
  readonly name: string;
  /** Facets that it asks. */
  readonly needs: readonly StoreFacet[];
  readonly run: (subject: StoreUnderTest) => Promise<void>;
}

/** A case on jobs of its own; it needs records and reads unless it says so. */
export function storeCase(
  name: string,
  play: (scene: StoreScene) => Promise<void>,
  needs: readonly StoreFacet[] = ['records', 'reads'],
): StoreCase {
  return {
    name,
    needs,
    run: async (subject) => {
      const scene = new StoreScene(subject);
      try {
        await play(scene);
      } finally {
        await scene.end();
      }
    },
  };
}
