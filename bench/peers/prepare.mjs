/** What the peers need before they are measured: their packages, which stay out of the main package.json, and servers. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param say told of each step that takes time
 * @returns {Promise<{ pgUrl: string, syncedRedisUrl: string, stop(): Promise<void> }>}
 * @throws when a package or a server cannot be had, with what to do
 */
export async function preparePeers(say) {
  install(say);
  // Uses the packages.
  const { findOrStartPeerServices } = await import('./services.mjs');
  return findOrStartPeerServices(say);
}

function install(say) {
  const { dependencies } = manifestIn(FOLDER);
  const missing = Object.keys(dependencies).filter(
    (name) => manifestIn(`${FOLDER}node_modules/${name}/`)?.version !== dependencies[name],
  );
  if (missing.length === 0) return;
  say(`installing the peers with npm ci --prefix bench/peers, for want of ${missing.join(', ')}`);
  try {
    execFileSync('npm', ['ci', '--prefix', FOLDER], { stdio: 'inherit' });
  } catch (cause) {
    throw new Error(
      'The packages of the peers cannot be installed. See what npm says above, correct it, and run the benchmark again.',
      { cause },
    );
  }
}

function manifestIn(folder) {
  try {
    return JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
