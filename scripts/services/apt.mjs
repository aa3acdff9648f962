import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './processes.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const SAVED_POLICY = `${POLICY}.before-warren`;
const LIMIT_MS = 300_000;
const LOCK = join(tmpdir(), 'warren-apt.lock');
const LOOK_AGAIN_MS = 500;

/** Installs packages without starting what they bring; what is wrong, if it cannot. */
export function installWithApt(packages, say) {
  if (!findProgram('apt-get')) return 'apt-get: there is none here';
  if (process.getuid?.() !== 0) return `apt-get install ${packages.join(' ')}: only root may do that`;
  say(`installing ${packages.join(' and ')} with apt-get`);
  return alone(() => install(packages));
}

function install(packages) {
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

/** Test files run side by side, and each may find that something is missing; apt-get and the policy are for one at a time. */
function alone(work) {
  while (!takeLock()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
  try {
    return work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** One whose owner died is taken over. */
function takeLock() {
  try {
    mkdirSync(LOCK);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const heldMs = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (heldMs > 2 * LIMIT_MS) rmSync(LOCK, { recursive: true, force: true });
    return false;
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
