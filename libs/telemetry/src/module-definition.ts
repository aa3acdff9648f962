import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { TelemetryOptions } from './options.js';

const builder = new ConfigurableModuleBuilder<TelemetryOptions>({ moduleName: 'JobsTelemetry' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createTelemetryOptions');

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: TELEMETRY_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = builder.build();
