import type { Channel, ChannelModel } from 'amqplib';
import { createIdSource } from '../../../kernel/ids.js';
import { SignalAudience } from '../../../ports/signal-audience.js';
import type { Signal, SignalListener, SignalTopic, Signals } from '../../../ports/signals.js';
import type { RabbitMqParts } from '../parts.js';
import { declareObject } from '../topology/declare.js';
import type { TopologyNames } from '../topology/names.js';
import { signalObjects } from '../topology/objects.js';
import type { SignalChannel } from './signal-channel.js';
import { signalEar } from './signal-ear.js';
import { SignalSender } from './signal-sender.js';

export interface SignalPlace {
  readonly names: TopologyNames;
  /** False: somebody else makes the exchanges. */
  readonly declares: boolean;
  /** The connections, while there are any. */
  readonly publishing: () => ChannelModel | undefined;
  readonly consuming: () => ChannelModel | undefined;
}

/** The signals of an application over RabbitMQ: an exchange for each topic, and a queue for each that is listened to. */
export class RabbitMqSignals implements Signals {
  private readonly sender: SignalSender;
  private readonly audiences: Record<SignalTopic, SignalAudience> = {
    control: new SignalAudience(),
    events: new SignalAudience(),
  };
  private readonly ears = new Map<SignalTopic, SignalChannel>();
  private readonly ids;
  private isClosed = false;

  constructor(
    private readonly place: SignalPlace,
    private readonly parts: RabbitMqParts,
  ) {
    this.ids = createIdSource(parts.clock, parts.random);
    this.sender = new SignalSender(
      place.names,
      (channel) => this.declare(channel),
      () => place.publishing(),
      parts,
      () => this.canSend(),
    );
  }

  send(signal: Signal): void {
    this.sender.send(signal);
  }

  listen(topic: SignalTopic, listener: SignalListener): () => void {
    const audience = this.audiences[topic];
    const leave = audience.add(listener);
    const ear = this.ears.get(topic);
    if (ear?.current) this.tellAttached(listener);
    if (!ear && !this.isClosed) this.openEar(topic, audience);
    return () => {
      leave();
      if (audience.isEmpty) this.closeEar(topic);
    };
  }

  publishingUp(model: ChannelModel): Promise<void> {
    return this.sender.attach(model);
  }

  block(): void {
    this.sender.block();
  }

  unblock(): void {
    this.sender.unblock();
  }

  async consumingUp(model: ChannelModel): Promise<void> {
    await Promise.all([...this.ears.values()].map((ear) => ear.attach(model)));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const ears = [...this.ears.values()];
    this.ears.clear();
    await Promise.all([...ears.map((ear) => ear.close()), this.sender.close()]);
  }

  /** Those who answer when they are attached can be heard only now. */
  private canSend(): void {
    for (const [topic, ear] of this.ears) {
      if (ear.current) this.parts.detached(() => this.audiences[topic].attached());
    }
  }

  private openEar(topic: SignalTopic, audience: SignalAudience): void {
    const { place, parts, ids } = this;
    const ear = signalEar(topic, audience, {
      names: place.names,
      declare: (channel) => this.declare(channel),
      heldModel: () => place.consuming(),
      ids,
      parts,
    });
    this.ears.set(topic, ear);
    const model = place.consuming();
    if (model) void parts.detached(() => ear.attach(model));
  }

  private closeEar(topic: SignalTopic): void {
    const ear = this.ears.get(topic);
    this.ears.delete(topic);
    if (ear) void this.parts.detached(() => ear.close());
  }

  private tellAttached(listener: SignalListener): void {
    try {
      this.parts.detached(() => listener.onAttached?.());
    } catch {
      // Its own affair.
    }
  }

  /** Idempotent. Both connections do it, as either may be there first. */
  private async declare(channel: Channel): Promise<void> {
    for (const object of signalObjects(this.place.names)) {
      if (this.place.declares) await declareObject(channel, object);
      else await channel.checkExchange(object.name);
    }
  }
}
