import 'reflect-metadata';
import { Logger, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiModule } from './api.module.js';
import { ApiConfig } from './config.js';

const config = new ApiConfig(process.env);
const app = await NestFactory.create(ApiModule.register(config));
app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
// Jobs that run here are drained on SIGTERM, and the process ends with code 0.
app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
await app.listen(config.port, config.host);
new Logger('Shop').log(`The shop listens on ${await app.getUrl()}`);
