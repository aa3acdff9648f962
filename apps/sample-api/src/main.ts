import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { startTracing } from '../../sample-worker/src/telemetry.js';
import { ApiConfig } from './config.js';
import { createApi } from './create-api.js';

const config = new ApiConfig(process.env);
await startTracing(config);
const app = await createApi(config);
// Jobs that run here are drained on SIGTERM, and the process ends with code 0.
app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
await app.listen(config.port, config.host);
new Logger('Shop').log(`The shop listens on ${await app.getUrl()}`);
