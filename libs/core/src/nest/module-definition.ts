import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { JobsOptions } from '../options/module.js';
import { DEFAULT_CONNECTION } from './decorators/metadata.js';

/** For `forRootAsync({ useClass | useExisting })`. */
export interface JobsOptionsFactory {
  createJobsOptions(): Promise<JobsOptions> | JobsOptions;
}

/** What must be known before options made by a factory are. */
export interface JobsModuleExtras {
  /** Whether `JobQueue` can be injected anywhere. Default true. */
  readonly isGlobal?: boolean;
  /** Name of this connection, for applications with several. Default: the unnamed one. */
  readonly connection?: string;
}

const builder = new ConfigurableModuleBuilder<JobsOptions>({ moduleName: 'Jobs' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createJobsOptions')
  .setExtras<JobsModuleExtras>(
    { isGlobal: true, connection: DEFAULT_CONNECTION },
    (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal ?? true,
    }),
  );

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: JOBS_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = builder.build();
