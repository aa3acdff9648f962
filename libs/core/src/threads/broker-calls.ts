import { WarrenError } from '../kernel/errors/index.js';
import type { Message } from '../job/message.js';
import type { Broker, PublishTarget, QueueSpec } from '../ports/broker.js';
import type { Signal } from '../ports/signals.js';
import type { HostLink } from './host-link.js';
import { packError } from './packed-error.js';
import type { BrokerCall, FromThread } from './protocol.js';

type Call = Extract<FromThread, { readonly kind: 'call' }>;

/** Does what a thread asks of a broker of the main thread, and answers. Never rejects. */
export async function answer(
  { call, connection, asks }: Call,
  broker: Broker | undefined,
  link: Pick<HostLink, 'send'>,
): Promise<void> {
  try {
    if (!broker) throw unknownConnection(connection);
    link.send({ kind: 'answer', call, value: await operate(asks, broker) });
  } catch (error) {
    link.send({ kind: 'refusal', call, error: packError(error) });
  }
}

function operate({ operation, given }: BrokerCall, broker: Broker): Promise<unknown> {
  const [first, second] = given;
  switch (operation) {
    case 'ensureQueue':
      return broker.ensureQueue(first as QueueSpec);
    case 'publish':
      return broker.publish(first as Message, second as PublishTarget);
    case 'bury':
      return broker.bury(first as Message, second as string);
    case 'signal':
      broker.signals?.send(first as Signal);
      return Promise.resolve();
    case 'stats':
      return broker.stats(first as string);
  }
}

function unknownConnection(connection: string): WarrenError {
  return new WarrenError(
    'WARREN_THREAD_UNSUPPORTED',
    `The application in a thread has a connection '${connection}' that the one in the main thread has not, through which its jobs go. Import the same JobsModule.forRoot({ connection }) in both.`,
  );
}
