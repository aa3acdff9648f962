import { execFileSync } from 'node:child_process';

/** Compiles the libraries (that of Redis needs the core), for tests that start processes of their own. A second or so when nothing changed. */
export function buildLibraries(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'libs/redis/tsconfig.lib.json'], {
    stdio: 'inherit',
  });
}
