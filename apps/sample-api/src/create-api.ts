import { ValidationPipe, type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiModule } from './api.module.js';
import type { ApiConfig } from './config.js';
import { WarrenErrorFilter } from './warren-error.filter.js';

/** The API as it is served, and as its tests have it; it does not listen yet. */
export async function createApi(
  config: ApiConfig,
  options?: NestApplicationOptions,
): Promise<INestApplication> {
  const app = await NestFactory.create(ApiModule.register(config), options);
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  app.useGlobalFilters(new WarrenErrorFilter(app.getHttpAdapter()));
  return app;
}
