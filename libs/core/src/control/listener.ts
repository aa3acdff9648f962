import type { Signals } from '../ports/signals.js';
import { readCommand, type Command } from './commands.js';

export interface CommandListener {
  onCommand(command: Command): void;
  /** Commands can be heard or sent (again): what came meanwhile was missed. */
  onAttached(): void;
}

/** Hears the commands to this process until the returned function is called. What is none is passed over. */
export function listenToCommands(signals: Signals, listener: CommandListener): () => void {
  return signals.listen('control', {
    onSignal: ({ body }) => {
      const command = readCommand(body);
      if (command) listener.onCommand(command);
    },
    onAttached: () => listener.onAttached(),
  });
}

export function sendCommand(signals: Signals, command: Command): void {
  signals.send({ topic: 'control', key: command.kind, body: command });
}
