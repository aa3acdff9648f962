import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { JobsHealthIndicator } from './indicators.js';

/** `imports: [TerminusModule, JobsHealthModule]` beside the controller that asks `JobsHealthIndicator`. */
@Module({ imports: [TerminusModule], providers: [JobsHealthIndicator], exports: [JobsHealthIndicator] })
export class JobsHealthModule {}
