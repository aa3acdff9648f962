/**
 * Ends this process as SIGTERM from outside does, for those who listen to that; false: nobody does. Without a listener
 * the real signal would end it at once, with jobs in hand.
 */
export function stopThisProcess(): boolean {
  return process.emit('SIGTERM', 'SIGTERM');
}
