import { captureContext, type Detached } from '../../kernel/detached.js';
import { SignalAudience } from '../../ports/signal-audience.js';
import { readSignalBody, writeSignalBody } from '../../ports/signal-body.js';
import type { Signal, SignalListener, SignalTopic, Signals } from '../../ports/signals.js';

/** What the memory brokers on the same queues send to each other. */
export class SignalAir {
  private readonly receivers = new Set<MemorySignals>();

  constructor(private readonly detached: Detached = captureContext()) {}

  join(receiver: MemorySignals): void {
    this.receivers.add(receiver);
  }

  leave(receiver: MemorySignals): void {
    this.receivers.delete(receiver);
  }

  /** As over a network: what arrives is a copy, and arrives later. */
  carry({ topic, key, body }: Signal): void {
    const bytes = writeSignalBody(body);
    if (!bytes) return;
    this.detached(() =>
      queueMicrotask(() => {
        for (const receiver of this.receivers) receiver.hear(topic, key, bytes);
      }),
    );
  }
}

/** The signals of one memory broker: open -> closed. */
export class MemorySignals implements Signals {
  private readonly audiences: Record<SignalTopic, SignalAudience> = {
    control: new SignalAudience(),
    events: new SignalAudience(),
  };
  private isClosed = false;

  constructor(private readonly air: SignalAir) {
    air.join(this);
  }

  send(signal: Signal): void {
    if (!this.isClosed) this.air.carry(signal);
  }

  listen(topic: SignalTopic, listener: SignalListener): () => void {
    const leave = this.audiences[topic].add(listener);
    if (!this.isClosed) {
      try {
        listener.onAttached?.();
      } catch {
        // Its own affair.
      }
    }
    return leave;
  }

  hear(topic: SignalTopic, key: string, bytes: Uint8Array): void {
    const audience = this.audiences[topic];
    if (audience.isEmpty) return;
    const read = readSignalBody(bytes);
    if (read) audience.hear({ topic, key, body: read.body });
  }

  close(): void {
    this.isClosed = true;
    this.air.leave(this);
  }
}
