import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import type { Logger } from '../../kernel/logger.js';
import type { Random } from '../../kernel/random.js';

/** What the adapter takes from its maker. */
export interface RabbitMqParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Sockets, channels and consumers are opened in this context. */
  readonly detached: Detached;
}
