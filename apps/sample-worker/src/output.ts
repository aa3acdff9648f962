import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { ShopConfig } from './config.js';

/** The shop's output folder. A file is there whole or not at all, and a job that runs twice writes it anew. */
@Injectable()
export class Output {
  constructor(private readonly config: ShopConfig) {}

  /** @param name below the output folder, with `/` between its parts */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.config.outputDir, name);
    await mkdir(dirname(path), { recursive: true });
    const unfinished = `${path}.${process.pid}.part`;
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  }
}
