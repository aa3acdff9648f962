import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { usageError } from './exit-codes.js';
import type { Io } from './io.js';

/** Profiles: names for the places that somebody operates, so that their addresses need not be typed. */

/** One place. Each member stands for the flag of its name; a flag and its variable win over it. */
export interface Profile {
  readonly amqp?: string;
  readonly management?: string;
  readonly redis?: string;
  readonly appName?: string;
  readonly output?: string;
  readonly time?: string;
  readonly timeout?: string;
  /** As the option `queues` of the module: what `topology` compares with, and levels of priority. */
  readonly queues?: Readonly<Record<string, object>>;
}

interface ConfigFile {
  readonly defaultProfile?: string;
  readonly profiles: Readonly<Record<string, Profile>>;
}

const MEMBERS: readonly (keyof Profile)[] = [
  'amqp',
  'management',
  'redis',
  'appName',
  'output',
  'time',
  'timeout',
  'queues',
];

export interface ProfileWanted {
  /** Undefined: not said, so that a file that is not there is none. */
  readonly file: string | undefined;
  readonly name: string | undefined;
}

/** Where a file is looked for that nobody named. */
export function usualPlaces({ env, cwd }: Pick<Io, 'env' | 'cwd'>): readonly string[] {
  const home = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config');
  return [join(cwd, 'warren.config.json'), join(home, 'warren', 'config.json')];
}

/** @throws CliError (usage) for a file or profile that was named and is not there, and for one that is not sound. */
export async function readProfile(
  io: Pick<Io, 'env' | 'cwd'>,
  { file, name }: ProfileWanted,
): Promise<Profile> {
  const places = file === undefined ? usualPlaces(io) : [resolve(io.cwd, file)];
  for (const place of places) {
    const text = await textOf(place);
    if (text !== undefined) return choose(parse(text, place), name, place);
  }
  if (file !== undefined) throw usageError(`There is no config file ${places[0]}.`);
  if (name === undefined) return {};
  throw usageError(
    `The profile ${JSON.stringify(name)} is not known: there is no config file.`,
    `Write one, ${places.join(' or ')}: {"profiles":{"${name}":{"amqp":"amqp://…"}}}`,
  );
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw usageError(`The config file ${path} cannot be read: ${code ?? String(error)}.`);
  }
}

function choose(file: ConfigFile, name: string | undefined, place: string): Profile {
  const wanted = name ?? file.defaultProfile;
  if (wanted === undefined) return {};
  if (Object.hasOwn(file.profiles, wanted)) return file.profiles[wanted]!;
  const known = Object.keys(file.profiles).join(', ') || 'none';
  throw usageError(`There is no profile ${JSON.stringify(wanted)} in ${place}. Known: ${known}.`);
}

function parse(text: string, place: string): ConfigFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw usageError(`The config file ${place} is no JSON: ${(error as Error).message}`);
  }
  const problems = problemsOf(json);
  if (problems.length > 0) {
    throw usageError(
      `The config file ${place} is wrong:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  return json as ConfigFile;
}

function problemsOf(json: unknown): string[] {
  if (!isRecord(json)) return ['it is no object.'];
  const { profiles, defaultProfile, ...rest } = json;
  const problems = Object.keys(rest).map(
    (key) => `${key}: there is no such member. Known: profiles, defaultProfile.`,
  );
  if (defaultProfile !== undefined && typeof defaultProfile !== 'string') {
    problems.push('defaultProfile: give the name of a profile.');
  }
  if (!isRecord(profiles)) return [...problems, 'profiles: give an object of profiles by name.'];
  for (const [name, profile] of Object.entries(profiles)) {
    if (!isRecord(profile)) problems.push(`profiles.${name}: give an object.`);
    else problems.push(...profileProblems(profile, `profiles.${name}`));
  }
  return problems;
}

function profileProblems(profile: Record<string, unknown>, path: string): string[] {
  return Object.entries(profile).flatMap(([key, value]) => {
    if (!MEMBERS.includes(key as keyof Profile)) {
      return [`${path}.${key}: there is no such member. Known: ${MEMBERS.join(', ')}.`];
    }
    if (key === 'queues')
      return isRecord(value) ? [] : [`${path}.queues: give an object of options by name.`];
    // What is given may be a password.
    return typeof value === 'string' ? [] : [`${path}.${key}: give a text.`];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
