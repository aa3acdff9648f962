import { Cron } from 'croner';
import type { Timing } from './definition.js';

/**
 * The instants of a schedule, in epoch milliseconds: pure arithmetic, and the only importer of croner.
 *
 * Where clocks are set forth or back, croner 11 does as Vixie cron: text with a wildcard or a step in seconds, minutes or
 * hours goes by the time that passes, so it fires in both passes of an hour that comes twice. All other text names times
 * of the day: one that comes twice fires at the first, and one that does not exist at the end of the gap.
 */
export class Occurrences {
  private readonly cron: Cron | undefined;

  /** @throws Error with croner's words for text that is no cron; for an unknown zone, see `timingProblems`. */
  constructor(private readonly timing: Timing) {
    this.cron = timing.cron === undefined ? undefined : cronOf(timing.cron, timing.tz);
  }

  /** The first after that instant; undefined: there is none any more. */
  after(instant: number): number | undefined {
    const { startAt, endAt } = this.timing;
    const next = this.next(startAt === undefined ? instant : Math.max(instant, startAt - 1));
    return next === undefined || (endAt !== undefined && next > endAt) ? undefined : next;
  }

  /** The newest of those after `from` and not after `to`, of which there is one. */
  newest(from: number, to: number): number {
    // `after(x) <= to` holds for every x before the newest and for none from there on.
    let [low, high] = [from, to];
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      const next = this.after(middle);
      if (next !== undefined && next <= to) low = next - 1;
      else high = middle;
    }
    return this.after(low)!;
  }

  private next(after: number): number | undefined {
    const { everyMs, startAt = 0 } = this.timing;
    if (everyMs !== undefined) return startAt + (Math.floor((after - startAt) / everyMs) + 1) * everyMs;
    return this.cron?.nextRun(new Date(after))?.getTime();
  }
}

/** What is wrong with the timing, each with the name of the option; empty: nothing. */
export function timingProblems(timing: Timing, now: number): string[] {
  const { cron, tz } = timing;
  if (tz !== undefined && !isZone(tz)) {
    return [
      `option tz: '${tz}' is no time zone that this Node knows. Give an IANA name, such as 'Europe/Paris' or 'UTC'.`,
    ];
  }
  if (cron === undefined) return [];
  const said = JSON.stringify(cron.length > 60 ? `${cron.slice(0, 60)}…` : cron);
  if (!cron.startsWith('@') && !cron.includes(' ')) {
    return [
      `option cron: ${said} is no cron text. Give five fields, six with seconds, or a word such as '@hourly'.`,
    ];
  }
  try {
    const never = new Occurrences({ cron, tz: tz ?? 'UTC' }).after(now) === undefined;
    return never
      ? [`option cron: ${said} never fires: no such date will come. Look at its day and month.`]
      : [];
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    return [`option cron: ${said} is no cron text: ${why}`];
  }
}

function cronOf(text: string, tz = 'UTC'): Cron {
  return new Cron(text, {
    timezone: tz,
    paused: true,
    // Years are for `startAt` and `endAt`.
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  });
}

function isZone(tz: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: tz });
    return true;
  } catch {
    return false;
  }
}
