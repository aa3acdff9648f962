import { Controller, UseFilters, UseGuards, type CanActivate, type Type } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { DeadLettersController } from './api/dead-letters.controller.js';
import { JobsController } from './api/jobs.controller.js';
import { ProblemFilter } from './api/problem.filter.js';
import { QueuesController } from './api/queues.controller.js';
import { SchedulesController } from './api/schedules.controller.js';
import { TypesController } from './api/types.controller.js';
import { WorkersController } from './api/workers.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { RemoteWorkerController } from './remote-worker/remote-worker.controller.js';

const CONTROLLERS: ReadonlyArray<Type<object>> = [
  JobsController,
  QueuesController,
  DeadLettersController,
  TypesController,
  SchedulesController,
  WorkersController,
  RemoteWorkerController,
  OpenApiController,
];

/**
 * The controllers below a path that is known when the module is imported, each behind these guards and then the access
 * function. They are classes of their own, so that two modules in one application do not meet.
 */
export function controllersAt(
  path: string,
  guards: ReadonlyArray<Type<CanActivate> | CanActivate>,
): Type<object>[] {
  return CONTROLLERS.map((base) => {
    const own = { [base.name]: class extends base {} }[base.name]!;
    Controller(path)(own);
    UseGuards(...(guards as Array<Type<CanActivate>>), AccessGuard)(own);
    UseFilters(ProblemFilter)(own);
    return own;
  });
}
