import { execFileSync } from 'node:child_process';

/**
 * Compiles libraries, those that the sample apps use unless it is said which, for tests that start processes of their own.
 * A second or so when nothing changed.
 */
export function buildLibraries(...names: ReadonlyArray<'redis' | 'telemetry'>): void {
  const wanted = names.length > 0 ? names : ['redis', 'telemetry'];
  const projects = wanted.map((name) => `libs/${name}/tsconfig.lib.json`);
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...projects], {
    stdio: 'inherit',
  });
}
