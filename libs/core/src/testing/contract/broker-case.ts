import type { BrokerUnderTest } from './broker-under-test.js';
import { Scene } from './scene.js';

/**
 * What not every broker or set-up can show. `loseConsumers`: the hook of that name. `poison`: counts deliveries
 * without an outcome (classic queues of RabbitMQ do not).
 */
export type BrokerAbility = 'loseConsumers' | 'poison';

/** One promise of the port. Any test runner can take it; it throws when the promise is broken. */
export interface BrokerCase {
  /** A sentence. */
  readonly name: string;
  readonly needs: readonly BrokerAbility[];
  readonly run: (subject: BrokerUnderTest) => Promise<void>;
}

/** A case that leaves nothing behind: its consumers end with it, whatever the result. */
export function brokerCase(
  name: string,
  play: (scene: Scene) => Promise<void>,
  needs: readonly BrokerAbility[] = [],
): BrokerCase {
  return {
    name,
    needs,
    run: async (subject) => {
      const scene = new Scene(subject);
      try {
        await play(scene);
      } finally {
        await scene.end();
      }
    },
  };
}
