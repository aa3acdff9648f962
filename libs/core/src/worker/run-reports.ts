import type { Clock, Timer } from '../kernel/clock.js';
import { rememberedText } from '../payload/remembered.js';
import { LINES_KEPT, type LogLine } from '../ports/job-record.js';
import type { JobRecords } from '../ports/job-records.js';
import type { Fence } from '../ports/store-records.js';

/** How long what a handler says may wait to be told together: a loop that reports each step costs the store little. */
const TOGETHER_MS = 100;

const PROGRESS_BYTES = 16 * 1024;
const LINE_CHARACTERS = 2_000;

/** What a running handler says of itself, on its way to the store: the last progress, and the newest lines. */
export class RunReports {
  private progressText: string | undefined;
  private lines: LogLine[] = [];
  private timer: Timer | undefined;

  constructor(
    private readonly fence: Fence,
    private readonly records: JobRecords,
    private readonly clock: Clock,
  ) {}

  /** One that is no JSON, or too large, is not remembered; observers are told of it all the same. */
  progress(value: unknown): void {
    const progress = rememberedText(value, 'progress', PROGRESS_BYTES);
    if (progress.kind === 'not kept' || progress.text === undefined) return;
    this.progressText = progress.text;
    this.tellSoon();
  }

  line(level: LogLine['level'], message: unknown): void {
    const text = String(message);
    const cut = text.length > LINE_CHARACTERS ? `${text.slice(0, LINE_CHARACTERS)}…` : text;
    this.lines.push({ at: this.clock.now(), level, text: cut });
    if (this.lines.length > LINES_KEPT) this.lines.shift();
    this.tellSoon();
  }

  /** Tells what waits, now. */
  flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { progressText: progress, lines } = this;
    if (progress === undefined && lines.length === 0) return;
    this.progressText = undefined;
    this.lines = [];
    this.records.reported({
      fence: this.fence,
      at: this.clock.now(),
      ...(progress !== undefined && { progress }),
      ...(lines.length > 0 && { lines }),
    });
  }

  private tellSoon(): void {
    this.timer ??= this.clock.setTimer(TOGETHER_MS, () => this.flush());
  }
}
