import type { BulkResult } from 'nestjs-warren/operate';
import type { Call } from '../call.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { safe } from '../output/safe-text.js';
import { count, lengthOfTime } from '../output/time.js';

/** How a verb tells what it did to many things. */

export interface Told {
  /** `retried`. */
  readonly done: string;
  /** `jobs`, `dead letters`. */
  readonly things: string;
}

export async function tellBulk(
  call: Call,
  result: Omit<BulkResult, 'failures'> & Partial<Pick<BulkResult, 'failures'>>,
  { done, things }: Told,
  tookMs: number,
): Promise<ExitCode> {
  const { failures = [] } = result;
  for (const { id, message } of failures.slice(0, 5)) call.note(`${id}: ${message}`);
  if (failures.length > 5) call.note(`… and ${count(result.failed - 5)} more that failed`);
  await call.out.item(result, () => {
    const failed = result.failed > 0 ? `, ${count(result.failed)} failed` : '';
    const left = result.isInterrupted
      ? `; interrupted, ${count(result.total - result.done - result.failed)} of ${count(result.total)} were not reached`
      : '';
    return [safe(`${count(result.done)} ${things} ${done}${failed} in ${lengthOfTime(tookMs)}${left}`)];
  });
  if (result.isInterrupted) return EXIT.interrupted;
  return result.failed > 0 ? EXIT.partlyFailed : EXIT.ok;
}
