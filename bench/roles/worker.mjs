import { now } from '../host.mjs';

/**
 * Runs jobs. `system.work(onJob, onDone)` begins: `onJob(payload)` is the handler, `onDone()` is called once a job is over
 * and its ack is sent.
 */
export function workerRole(system, { warmUp = 0 }) {
  let done = 0;
  let firstAt, lastAt, ratedFrom, cpu;
  const lateMs = [];
  const begin = () => {
    ratedFrom = now();
    cpu = process.cpuUsage();
  };
  const onJob = (payload) => {
    if (firstAt === undefined) {
      firstAt = now();
      if (warmUp === 0) begin();
    }
    if (payload.sentAt !== undefined) lateMs.push(now() - payload.sentAt);
    if (payload.dueAt !== undefined) lateMs.push(now() - payload.dueAt);
  };
  const onDone = () => {
    done += 1;
    lastAt = now();
    if (done === warmUp) begin();
  };
  return {
    work: () => system.work(onJob, onDone),
    /** Since `warmUp` jobs were done. */
    progress() {
      const { user = 0, system: kernel = 0 } = cpu ? process.cpuUsage(cpu) : {};
      return { done, rated: done - warmUp, firstAt, ratedFrom, lastAt, cpuUs: user + kernel };
    },
    /** Of the jobs that warmed up. */
    forget: () => void lateMs.splice(0),
    /** How late each job that told its time was, in milliseconds, in order. */
    lateness: () => lateMs.sort((a, b) => a - b),
  };
}
