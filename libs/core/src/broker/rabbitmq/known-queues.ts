import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../kernel/errors/index.js';
import type { QueueSpec } from '../../ports/broker.js';

/** Who publishes to the queues. */
export interface QueueUser {
  /** Publishes to some queue need not wait any longer. */
  declared(): void;
  /** Publishes that wait for this queue wait in vain. */
  refused(queue: string, error: Error): void;
}

/**
 * The queues that the broker was told of, each undeclared -> declared or refused. All are undeclared again when the
 * connection is lost, and declared with the next one; a queue that turns out to be gone is declared anew.
 */
export class KnownQueues {
  private readonly specs = new Map<string, QueueSpec>();
  private readonly refusals = new Set<string>();
  private readonly undeclared = new Set<string>();
  private readonly declaring = new Map<string, Promise<void>>();
  /** The connection on which all are declared, or on the way to it. */
  private model: ChannelModel | undefined;
  private coming: ChannelModel | undefined;

  constructor(
    /** Throws a WarrenError when the broker refuses; anything else means that it could not be asked. */
    private readonly declare: (model: ChannelModel, spec: QueueSpec) => Promise<void>,
    private readonly user: QueueUser,
  ) {}

  specOf(queue: string): QueueSpec | undefined {
    return this.specs.get(queue);
  }

  get all(): readonly QueueSpec[] {
    return [...this.specs.values()];
  }

  /** Whether the broker had the queue not as it is wanted when it was asked last. */
  isRefused(queue: string): boolean {
    return this.refusals.has(queue);
  }

  get areAllDeclared(): boolean {
    return this.undeclared.size === 0;
  }

  /** Whether publishes to the queue have to wait for its declaration. */
  isUndeclared(queue: string): boolean {
    return this.undeclared.has(queue);
  }

  /** Resolves when the queue is declared, or remembered for the next connection. */
  ensure(spec: QueueSpec): Promise<void> {
    const { name } = spec;
    if (this.specs.has(name) && !this.refusals.has(name)) {
      return this.declaring.get(name) ?? Promise.resolve();
    }
    // Remembered first: when the connection ends while it is declared, the next one does it.
    this.specs.set(name, spec);
    this.refusals.delete(name);
    return this.declareNow(spec);
  }

  /**
   * For a queue that is gone or was refused, and may be mended by now; behind what its way needs, if that may be gone
   * as well. False: it was never known.
   */
  declareAnew(queue: string, itsWay?: (model: ChannelModel) => Promise<void>): boolean {
    const spec = this.specs.get(queue);
    if (!spec) return false;
    this.refusals.delete(queue);
    // Publishers hear of a refusal from `user`.
    if (!this.declaring.has(queue)) this.declareNow(spec, itsWay).catch(() => undefined);
    return true;
  }

  /** Declares all on a new connection; from then on each at once. @throws what no broker's refusal is. */
  async connected(model: ChannelModel, told: (refusal: WarrenError) => void): Promise<void> {
    this.coming = model;
    for (const name of this.specs.keys()) this.undeclared.add(name);
    // Those that come while others are declared are met by this very loop.
    for (const name of this.undeclared) {
      try {
        await this.declare(model, this.specs.get(name)!);
        this.refusals.delete(name);
      } catch (error) {
        if (!(error instanceof WarrenError)) throw error;
        told(error);
        this.refuse(name, error);
      }
      this.undeclared.delete(name);
    }
    // It may have ended behind the last answer.
    if (this.coming === model) this.model = model;
  }

  disconnected(): void {
    this.coming = undefined;
    this.model = undefined;
    this.declaring.clear();
  }

  private declareNow(spec: QueueSpec, itsWay?: (model: ChannelModel) => Promise<void>): Promise<void> {
    const { model } = this;
    const { name } = spec;
    this.undeclared.add(name);
    if (!model) return Promise.resolve();
    const asked = itsWay ? itsWay(model).then(() => this.declare(model, spec)) : this.declare(model, spec);
    const declaring = asked.then(
      () => this.settle(name, model),
      (error: unknown) => {
        // The connection ended meanwhile: the next one declares it.
        if (this.model !== model) return;
        const refusal = error instanceof WarrenError ? error : unanswered(name, error);
        // Those that wait must not be sent any more, so they hear of it first.
        if (refusal === error) this.refuse(name, refusal);
        else this.forget(name, refusal);
        this.settle(name, model);
        throw refusal;
      },
    );
    this.declaring.set(name, declaring);
    return declaring;
  }

  private settle(name: string, model: ChannelModel): void {
    if (this.model !== model) return;
    this.declaring.delete(name);
    this.undeclared.delete(name);
    this.user.declared();
  }

  private refuse(name: string, error: Error): void {
    this.refusals.add(name);
    this.user.refused(name, error);
  }

  /** The next one who needs it asks again. */
  private forget(name: string, error: Error): void {
    this.specs.delete(name);
    this.user.refused(name, error);
  }
}

function unanswered(queue: string, cause: unknown): WarrenError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WarrenError(
    'WARREN_NOT_CONNECTED',
    `Queue '${queue}' could not be declared: ${why}. Look at the broker's log, and try again.`,
    { cause },
  );
}
