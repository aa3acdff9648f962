import { execFileSync } from 'node:child_process';

/** Compiles the libraries, for tests that start processes of their own. A second or so when nothing changed. */
export function buildLibraries(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'libs/core/tsconfig.lib.json'], {
    stdio: 'inherit',
  });
}
