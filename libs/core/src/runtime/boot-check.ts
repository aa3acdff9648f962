import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { TopologyReport } from '../operate/topology.js';

/**
 * The check behind the boot: waits for the first server and for the end of the boot, whichever is last, and runs once
 * for each version of the server that is met. It delays nothing, and nothing fails by it.
 */
export class BootCheck {
  private server: string | undefined;
  private isBooted = false;

  constructor(
    private readonly check: () => Promise<TopologyReport>,
    private readonly logger: Logger,
  ) {}

  /** The broker is connected to this server, which it was not before. */
  serverMet(server: string): void {
    this.server = server;
    if (this.isBooted) void this.run(server);
  }

  /** Queues are declared and consumers attached, as far as the broker was there. */
  booted(): void {
    if (this.isBooted) return;
    this.isBooted = true;
    if (this.server !== undefined) void this.run(this.server);
  }

  private async run(server: string): Promise<void> {
    try {
      const { findings } = await this.check();
      const problems = findings.filter(({ level }) => level === 'warn' || level === 'fail');
      for (const { subject, message, fix } of problems) {
        this.logger.warn(`Broker check, ${subject}: ${message}${fix === undefined ? '' : ` ${fix}`}`);
      }
      if (problems.length === 0) this.logger.debug(`Broker check: nothing to mend (${server})`);
    } catch (error) {
      this.logger.debug(`The broker check broke off: ${describeError(error).message}`);
    }
  }
}
