import type { Writable } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/**
 * Writes what one turn of the event loop sends as one: amqplib hands each frame to the socket by itself, and a
 * system call, with a broker to be woken, for each costs more than making the frame. An internal field of amqplib,
 * guarded by a test; without it every frame goes out by itself, as before.
 */
export class WriteBatch {
  private isOpen = false;

  private constructor(private readonly socket: Writable | undefined) {}

  static of(model: ChannelModel): WriteBatch {
    const { stream } = model.connection as { readonly stream?: Writable };
    return new WriteBatch(typeof stream?.cork === 'function' ? stream : undefined);
  }

  get isSupported(): boolean {
    return this.socket !== undefined;
  }

  /** Before each write. */
  join(): void {
    const { socket } = this;
    if (this.isOpen || !socket) return;
    this.isOpen = true;
    socket.cork();
    // amqplib passes frames on to the socket in the coming check phase: the batch ends in the one after.
    setImmediate(() =>
      setImmediate(() => {
        this.isOpen = false;
        socket.uncork();
      }),
    );
  }
}
