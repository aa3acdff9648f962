import { Module, type DynamicModule } from '@nestjs/common';
import { ASYNC_OPTIONS_TYPE, ConfigurableModuleClass, OPTIONS_TYPE } from './module-definition.js';

/**
 * The HTTP face of jobs: enqueue and look, operate, and work for workers in other languages. Closed unless `guards` or
 * `access` say who may use it: then it serves this machine alone, and in production does not boot.
 */
@Module({})
export class JobsApiModule extends ConfigurableModuleClass {
  /**
   * @param options with `imports`: modules whose providers the guards need.
   * @throws at boot: ConfigurationError listing every problem of the options, and in production without `guards` and
   * `access`.
   */
  static override forRoot({
    imports = [],
    ...options
  }: typeof OPTIONS_TYPE & Pick<DynamicModule, 'imports'> = {}): DynamicModule {
    return { ...super.forRoot(options), imports };
  }

  /** The same with options from a factory. `path`, `guards` and `connection` stand beside it. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }
}
