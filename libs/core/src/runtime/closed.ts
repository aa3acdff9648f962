import { WarrenError } from '../kernel/errors/index.js';

/** What enqueueing hears after the end. */
export function closed(): WarrenError {
  return new WarrenError('WARREN_CLOSED', 'The application has shut down: no job can be enqueued any more.');
}

export function notStarted(): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    'startWorker(): Warren is not started or closed already. Call it after boot.',
  );
}
