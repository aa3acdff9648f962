import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram } from './processes.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const SAVED_POLICY = `${POLICY}.before-warren`;
const LIMIT_MS = 300_000;

/** Installs packages without starting what they bring; what is wrong, if it cannot. */
export function installWithApt(packages, say) {
  if (!findProgram('apt-get')) return 'apt-get: there is none here';
  if (process.getuid?.() !== 0) return `apt-get install ${packages.join(' ')}: only root may do that`;
  say(`installing ${packages.join(' and ')} with apt-get`);
  const restore = forbidStarts();
  try {
    aptGet('update');
    aptGet('install', '--yes', '--no-install-recommends', ...packages);
    return undefined;
  } catch (error) {
    const said = String(error.stderr ?? '').trim() || error.message;
    return `apt-get install ${packages.join(' ')}: ${said.split('\n').slice(-3).join(' ')}`;
  } finally {
    restore();
  }
}

function aptGet(...args) {
  execFileSync('apt-get', ['--quiet', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Debian starts the services of a package unless this policy says no (101). */
function forbidStarts() {
  const hadOne = existsSync(POLICY);
  if (hadOne) renameSync(POLICY, SAVED_POLICY);
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  return () => {
    if (hadOne) renameSync(SAVED_POLICY, POLICY);
    else rmSync(POLICY, { force: true });
  };
}
