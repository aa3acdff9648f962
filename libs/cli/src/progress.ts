import type { Io } from './io.js';
import { count, lengthOfTime } from './output/time.js';

/** How far a long work is, on stderr: one line that is painted again on a terminal, else a line every five seconds. */

export interface Work {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

const BAR = 20;
const REPAINT_MS = 100;
const SAY_EVERY_MS = 5_000;

export function progressLine(verb: string, { done, failed, total }: Work, elapsedMs: number): string {
  const handled = done + failed;
  const share = total === 0 ? 1 : Math.min(1, handled / total);
  const filled = Math.round(share * BAR);
  const perSecond = elapsedMs > 0 ? handled / (elapsedMs / 1_000) : 0;
  const leftMs = perSecond > 0 ? ((total - handled) / perSecond) * 1_000 : undefined;
  const parts = [
    `${verb}  [${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${Math.floor(share * 100)}%`,
    `${count(handled)}/${count(total)}`,
    `${perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1)}/s`,
    ...(leftMs === undefined || handled >= total ? [] : [`eta ${lengthOfTime(leftMs)}`]),
    ...(failed > 0 ? [`failed ${count(failed)}`] : []),
  ];
  return parts.join('   ');
}

export class Progress {
  private readonly startedAt = Date.now();
  private saidAt = Date.now();
  private isPainted = false;

  constructor(
    private readonly stderr: Io['stderr'],
    private readonly verb: string,
    private readonly isSilent: boolean,
  ) {}

  /** Now and then it is said; the rest is passed over. */
  tell(work: Work): void {
    if (this.isSilent) return;
    const now = Date.now();
    const isScreen = this.stderr.isTTY === true;
    if (now - this.saidAt < (isScreen ? REPAINT_MS : SAY_EVERY_MS)) return;
    this.saidAt = now;
    const line = progressLine(this.verb, work, now - this.startedAt);
    if (!isScreen) this.stderr.write(`${line}\n`);
    else this.stderr.write(`\r${line.slice(0, Math.max(20, (this.stderr.columns ?? 100) - 1))}\u001b[K`);
    this.isPainted = isScreen;
  }

  /** Takes the painted line away. */
  end(): number {
    if (this.isPainted) this.stderr.write('\r\u001b[K');
    return Date.now() - this.startedAt;
  }
}
