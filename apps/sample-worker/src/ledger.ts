import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { JobEvents } from 'nestjs-warren';
import { ShopConfig } from './config.js';

/**
 * Writes each moment in the life of this process's jobs as a line of JSON, so that a demo or a test can count facts
 * instead of guessing. Off unless SHOP_LEDGER names a file.
 */
@Injectable()
export class Ledger implements OnApplicationShutdown {
  private readonly file: WriteStream | undefined;

  constructor(config: ShopConfig, events: JobEvents) {
    if (config.ledger === undefined) return;
    mkdirSync(dirname(config.ledger), { recursive: true });
    const file = createWriteStream(config.ledger, { flags: 'a' });
    events.events$.subscribe((moment) => file.write(`${JSON.stringify(moment)}\n`));
    this.file = file;
  }

  /** The last moments of a drain are told before this. */
  async onApplicationShutdown(): Promise<void> {
    const { file } = this;
    if (file) await new Promise<void>((resolve) => file.end(resolve));
  }
}
