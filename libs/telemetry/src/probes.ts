import type { Moment } from 'nestjs-warren';
import type { Warren } from 'nestjs-warren/standalone';

/** The three questions of an orchestrator, for all connections of this process together. */

export interface ProbeAnswer {
  readonly isOk: boolean;
  /** One line for each connection, without credentials. */
  readonly connections: Readonly<Record<string, string>>;
}

interface Watched {
  readonly warren: Warren;
  hasStarted: boolean;
  takesJobs: boolean;
  isDraining: boolean;
}

export class Probes {
  private readonly watched = new Map<string, Watched>();

  add(connection: string, warren: Warren): void {
    const watched = { warren, hasStarted: false, takesJobs: false, isDraining: false };
    this.watched.set(connection, watched);
    warren.observe(({ kind }: Moment) => {
      if (kind === 'workerStarted') watched.takesJobs = true;
      if (kind === 'workerDraining') watched.isDraining = true;
    });
  }

  /** Whether the event loop turns, which it does when this is called: nothing at the broker makes a restart useful. */
  live(): ProbeAnswer {
    return { isOk: true, connections: {} };
  }

  /** Connected, and a consumer attached to each queue of a worker that is not on its way out. */
  ready(): ProbeAnswer {
    return this.answer((watched) => problemOf(watched));
  }

  /** Whether each connection was ready once. */
  started(): ProbeAnswer {
    return this.answer((watched) => {
      const problem = watched.hasStarted ? undefined : problemOf(watched);
      if (problem === undefined) watched.hasStarted = true;
      return problem;
    });
  }

  private answer(problemIn: (watched: Watched) => string | undefined): ProbeAnswer {
    const problems = [...this.watched].map(
      ([connection, watched]) => [connection, problemIn(watched)] as const,
    );
    return {
      isOk: problems.every(([, problem]) => problem === undefined),
      connections: Object.fromEntries(
        problems.map(([connection, problem]) => [connection, problem ?? 'ok'] as const),
      ),
    };
  }
}

/**
 * Undefined: it takes jobs. Queues that are paused have no consumer, and so has a worker that an operator made quiet. A
 * broker that is blocked by an alarm takes no publishes, which fewer processes like this one would not mend; that is
 * for an alert.
 */
function problemOf({ warren, takesJobs, isDraining }: Watched): string | undefined {
  const { state, text, consumers } = warren.status();
  if (isDraining) return 'drains: it takes no new jobs';
  if (state !== 'connected' && state !== 'blocked') return text;
  const { worker } = warren.settings;
  const isWorker = worker !== false && worker.autoStart && warren.consumedQueues().length > 0;
  if (isWorker && !takesJobs) return 'the worker has not started yet';
  const missing = consumers.filter(({ attached }) => !attached).map(({ queue }) => queue);
  return missing.length === 0 ? undefined : `no consumer is attached to: ${[...new Set(missing)].join(', ')}`;
}
