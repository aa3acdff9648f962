import { ShopConfig } from '../../sample-worker/src/config.js';

/** Every option of the API, read from the environment once. The only reader of it in this app. */
export class ApiConfig extends ShopConfig {
  /** Default 3000. */
  readonly port: number;
  /** Address to listen on. Default: this machine only. */
  readonly host: string;

  constructor(environment: NodeJS.ProcessEnv) {
    super(environment);
    const port = environment['PORT']?.trim() || '3000';
    this.port = Number(port);
    if (!/^\d+$/.test(port) || this.port > 65_535) {
      throw new Error(`PORT: '${port}' is no port. Give a number from 0 to 65535.`);
    }
    this.host = environment['HOST']?.trim() || '127.0.0.1';
  }
}
