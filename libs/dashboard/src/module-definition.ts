import { ConfigurableModuleBuilder, type CanActivate, type Type } from '@nestjs/common';
import { getJobEventsToken, getJobQueueToken, getJobWorkerToken } from 'nestjs-warren';
import { apiParts } from './api-parts.js';
import { controllersAt } from './controllers.js';
import type { JobsApiOptions } from './options.js';
import { API } from './tokens.js';

/** What must be known before options made by a factory are. */
export interface JobsApiExtras {
  /** Where the API is, below the global prefix. Default `warren`. */
  readonly path?: string;
  /** Guards of the application; they run after global ones, and before `access`. Default: none. */
  readonly guards?: ReadonlyArray<Type<CanActivate> | CanActivate>;
  /** Named connection whose jobs these are. Default: the unnamed one. */
  readonly connection?: string;
}

/** For `forRootAsync({ useClass | useExisting })`. */
export interface JobsApiOptionsFactory {
  createJobsApiOptions(): Promise<JobsApiOptions> | JobsApiOptions;
}

const GUARDS = Symbol('nestjs-warren-dashboard: how many guards an API has');

const OPTIONS = Symbol('nestjs-warren-dashboard: the options of an API');

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<JobsApiOptions>({ moduleName: 'JobsApi', optionsInjectionToken: OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createJobsApiOptions')
    .setExtras<JobsApiExtras>(
      { path: 'warren', guards: [], connection: undefined },
      (definition, { path = 'warren', guards = [], connection }) => ({
        ...definition,
        controllers: controllersAt(path, guards),
        providers: [
          ...(definition.providers ?? []),
          { provide: GUARDS, useValue: guards.length },
          {
            provide: API,
            useFactory: apiParts,
            inject: [
              OPTIONS,
              GUARDS,
              getJobQueueToken(connection),
              getJobWorkerToken(connection),
              getJobEventsToken(connection),
            ],
          },
        ],
      }),
    )
    .build();
