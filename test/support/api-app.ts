import type { Server } from 'node:http';
import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { JobsModule, MemoryJobStore, type JobsOptions } from 'nestjs-warren';
import { JobsApiModule } from 'nestjs-warren-dashboard';
import { silentLogger } from 'nestjs-warren/ports';

type ApiOptions = NonNullable<Parameters<typeof JobsApiModule.forRoot>[0]>;

export interface ApiSetup {
  readonly api?: ApiOptions;
  /** Default: memory alone. */
  readonly jobs?: JobsOptions;
  readonly providers?: ModuleMetadata['providers'];
  /** Before it listens. */
  readonly adapt?: (app: INestApplication) => void;
  /** Default: that of Express. */
  readonly adapter?: Parameters<ReturnType<typeof Test.createTestingModule>['compile']>[0] | object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answers is looked at piece by piece
  readonly body: any;
}

/** An application with the HTTP API of its jobs, which listens on a port of its own. */
export class ApiApp {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start({ api, jobs, providers, adapt, adapter }: ApiSetup = {}): Promise<ApiApp> {
    @Module({
      imports: [
        JobsModule.forRoot({ logger: silentLogger, store: new MemoryJobStore(), ...jobs }),
        JobsApiModule.forRoot(api),
      ],
      providers,
    })
    class AppModule {}
    const made = await Test.createTestingModule({ imports: [AppModule] }).compile();
    made.useLogger(false);
    const app = adapter
      ? made.createNestApplication(adapter as never, { logger: false })
      : made.createNestApplication({ logger: false });
    adapt?.(app);
    try {
      await app.listen(0, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    // A busy machine may let a connection rest for longer than a server keeps it, and the next request would meet its end.
    (app.getHttpServer() as Server).keepAliveTimeout = 600_000;
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    return new ApiApp(app, `${url}/${api?.path ?? 'warren'}`);
  }

  get<T>(token: abstract new (...given: never[]) => T): T {
    return this.app.get(token);
  }

  /** A body that is text goes out as it is. */
  async ask(method: string, path: string, body?: unknown, given: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      ...given,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...given.headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
