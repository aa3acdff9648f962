/** The HTTP face of nestjs-warren. */
export type { Access, Action, ApiCall } from './access.js';
export type { ApiRequest } from './exchange.js';
export { JobsApiModule } from './jobs-api.module.js';
export type { JobsApiExtras, JobsApiOptionsFactory } from './module-definition.js';
export type { JobsApiOptions, RemoteType } from './options.js';
