import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Plants what the lint rules forbid, and the same where it is allowed. That the code itself passes is `npm run lint`. */

interface Text {
  readonly path: string;
  readonly code: string;
  /** Lints with types; then the file must exist. */
  readonly typed?: boolean;
}

interface Complaint {
  /** Null when the text does not parse. */
  readonly ruleId: string | null;
  readonly message: string;
}

function lint(texts: readonly Text[]): { answers: Complaint[][]; doors: string[] } {
  const answer = execFileSync(process.execPath, ['test/lint/lint-texts.mjs'], {
    input: JSON.stringify(texts),
  });
  return JSON.parse(answer.toString()) as ReturnType<typeof lint>;
}

const CORE = 'libs/core/src/';

/** Door, where it is open, where it is shut, and what it must not let through. */
const doors: readonly (readonly [door: string, open: string, shut: string, codes: readonly string[]])[] = [
  [
    'amqplib',
    'broker/rabbitmq/channel.ts',
    'worker/settle.ts',
    [
      `import { connect } from 'amqplib';`,
      `import type { Channel } from 'amqplib';`,
      `export { connect } from 'amqplib';`,
      `export * from 'amqplib/callback_api.js';`,
      `export const load = () => import('amqplib');`,
      `export type Channel = import('amqplib').Channel;`,
      `import amqp = require('amqplib');`,
    ],
  ],
  [
    'nest',
    'nest/discovery.ts',
    'runtime/warren.ts',
    [
      `import { Injectable } from '@nestjs/common';`,
      `import type { Module } from '@nestjs/core/injector/module.js';`,
      `import { Observable } from 'rxjs';`,
      `import { filter } from 'rxjs/operators';`,
    ],
  ],
  [
    'nest',
    'testing/jobs-testing.module.ts',
    'testing/harness.ts',
    [`import { Module } from '@nestjs/common';`],
  ],
  ['croner', 'schedules/occurrences.ts', 'schedules/rule.ts', [`import { Cron } from 'croner';`]],
  [
    'class-validator',
    'payload/class-validator.ts',
    'payload/validator.ts',
    [
      `import { validate } from 'class-validator';`,
      `export const load = () => import('class-transformer');`,
      `export type Validate = typeof import('class-validator').validate;`,
    ],
  ],
  [
    'piscina',
    'threads/thread-pool.ts',
    'threads/thread-host.ts',
    [`import { Piscina } from 'piscina';`, `export const load = () => import('piscina');`],
  ],
  [
    'environment',
    'options/environment.ts',
    'options/module.ts',
    [
      `export const url = process.env.URL;`,
      `export const url = process['env'].URL;`,
      `export const url = globalThis.process.env.URL;`,
      `export const { env } = process;`,
      `import { env } from 'node:process';`,
      `import process from 'process';`,
    ],
  ],
  [
    'clock',
    'kernel/clock.ts',
    'worker/attempt.ts',
    [
      `export const at = Date.now();`,
      `export const read = Date.now;`,
      `export const { now } = Date;`,
      `export const at = new Date();`,
      `export const at = Date();`,
      `setTimeout(() => undefined, 5);`,
      `globalThis.setTimeout(() => undefined, 5);`,
      `export const arm = setInterval;`,
      `export const disarm = (timer: NodeJS.Timeout) => clearTimeout(timer);`,
      `export const at = performance.now();`,
      `export const at = process.hrtime();`,
      `export const at = process.hrtime.bigint();`,
      `export const signal = AbortSignal.timeout(5);`,
      `import { setTimeout as wait } from 'node:timers/promises';`,
      `import { performance } from 'node:perf_hooks';`,
    ],
  ],
  [
    'immediate',
    'broker/memory/memory-queue.ts',
    'worker/attempt.ts',
    [`setImmediate(() => undefined);`, `export const turn = globalThis.setImmediate;`],
  ],
  [
    'random',
    'kernel/random.ts',
    'kernel/ids.ts',
    [
      `export const chance = Math.random();`,
      `export const id = crypto.randomUUID();`,
      `export const id = globalThis.crypto.randomUUID();`,
      `import { randomUUID } from 'node:crypto';`,
      `import { randomBytes as bytes } from 'crypto';`,
      `import * as everything from 'node:crypto';`,
      `import everything from 'node:crypto';`,
    ],
  ],
  [
    'wire',
    'job/wire.ts',
    'operate/dead-letters.ts',
    [
      `export const attempt = headers['warren-attempt'];`,
      `export const headers = { 'warren-v': 1 };`,
      'export const header = (name: string) => `warren-${name}`;',
    ],
  ],
  [
    'testing',
    'testing/harness.ts',
    'runtime/warren.ts',
    [
      `import { until } from '../testing/until.js';`,
      `import type { Recorder } from '../testing.js';`,
      `export * from './testing/contract/index.js';`,
    ],
  ],
];

const doorCases = doors.flatMap(([door, open, shut, codes]) =>
  codes.map((code) => ({ door, open, shut, code })),
);

const WHY_AND_WHAT_INSTEAD = /.\. .+\.$/;

const HARMLESS_PLACE = `${CORE}worker/attempt.ts`;

/** What only resembles something behind a door. */
const harmless = [
  `export const instant = (at: number) => new Date(at).toISOString();`,
  `export const parsed = Date.parse('2026-01-01');`,
  `import { createHash } from 'node:crypto';`,
  `export function run(setTimeout: (ms: number) => void) { setTimeout(5); }`,
  `export const timer = { setTimeout: 5, crypto: 1 };`,
  `export type Handle = NodeJS.Timeout;`,
  `export const pid = process.pid;`,
  `export const name = 'nestjs-warren-redis';`,
  'export const text = (count: number) => `${count} warren-like burrows`;',
  `import { connect } from './amqplib-like.js';`,
];

const manyLines = 'export {};\n'.repeat(301);
const rules: readonly (readonly [rule: string, path: string, code: string, allowed: string])[] = [
  ['max-lines', `${CORE}worker/worker.ts`, manyLines, `${CORE}worker/worker.spec.ts`],
  ['no-console', `${CORE}worker/worker.ts`, `console.log('here');`, 'apps/sample-worker/src/main.ts'],
  ['no-restricted-syntax', `${CORE}worker/worker.ts`, `export default 5;`, 'scripts/demo.mjs'],
  [
    'doors/testing',
    'apps/sample-api/src/main.ts',
    `import { until } from 'nestjs-warren/testing';`,
    'apps/sample-api/src/main.spec.ts',
  ],
];

const floating: Text = {
  path: `${CORE}nest/nest-logger.ts`,
  typed: true,
  code: `export function begin(): void { Promise.resolve(5); }`,
};

const injecting: Text = {
  path: `${CORE}nest/nest-logger.ts`,
  typed: true,
  code: `import { Injectable } from '@nestjs/common';
    import { ModuleRef } from '@nestjs/core';
    @Injectable() export class Finder { constructor(readonly modules: ModuleRef) {} }`,
};

describe('the lint rules', () => {
  let doorNames: string[];
  const complaints = new Map<string, Complaint[]>();
  const about = (path: string, code: string): Complaint[] => complaints.get(`${path}: ${code}`)!;
  const namesOf = (path: string, code: string) => about(path, code).map(({ ruleId }) => ruleId);

  beforeAll(() => {
    const texts: readonly Text[] = [
      ...doorCases.flatMap(({ shut, open, code }) =>
        [shut, open].map((path) => ({ path: CORE + path, code })),
      ),
      ...harmless.map((code) => ({ path: HARMLESS_PLACE, code })),
      ...rules.flatMap(([, path, code, allowed]) => [path, allowed].map((path) => ({ path, code }))),
      floating,
      injecting,
    ];
    const { answers, doors } = lint(texts);
    doorNames = doors;
    texts.forEach(({ path, code }, index) => complaints.set(`${path}: ${code}`, answers[index]!));
  });

  it('have no door that is not tried here', () => {
    expect(doorNames.sort()).toEqual([...new Set(doors.map(([door]) => `doors/${door}`))].sort());
  });

  it.each(doorCases)('keep $code out of $shut', ({ door, shut, code }) => {
    expect(about(CORE + shut, code)).toContainEqual({
      ruleId: `doors/${door}`,
      message: expect.stringMatching(WHY_AND_WHAT_INSTEAD),
    });
  });

  it.each(doorCases)('allow $code in $open', ({ door, open, code }) => {
    expect(namesOf(CORE + open, code)).not.toContain(`doors/${door}`);
    expect(namesOf(CORE + open, code)).not.toContain(null);
  });

  it.each(harmless)('have nothing against %s', (code) => {
    const names = namesOf(HARMLESS_PLACE, code);
    expect(names.filter((name) => name === null || name.startsWith('doors/'))).toEqual([]);
  });

  it.each(rules)('raise %s in %s', (rule, path, code) => {
    expect(namesOf(path, code)).toContain(rule);
  });

  it.each(rules)('do not raise %s elsewhere', (rule, _path, code, allowed) => {
    expect(namesOf(allowed, code)).not.toContain(rule);
    expect(namesOf(allowed, code)).not.toContain(null);
  });

  it('see a promise that nobody waits for', () => {
    expect(namesOf(floating.path, floating.code)).toEqual(['@typescript-eslint/no-floating-promises']);
  });

  it('leave the import of an injected class as Nest needs it', () => {
    expect(about(injecting.path, injecting.code)).toEqual([]);
  });
});

/** Files of a small tree, by path. */
type Tree = Readonly<Record<string, string>>;

const importing = (...paths: string[]): string => paths.map((path) => `import '${path}';\n`).join('');
const importingType = (path: string): string =>
  `import type { Thing } from '${path}';\nexport type Own = Thing;\n`;

const ROOMS = [
  'kernel job options payload ports middleware observe enqueue worker threads schedules operate control store runtime nest',
  'broker/memory broker/rabbitmq testing/contract',
].flatMap((names) => names.split(' '));

/** A file in `room` that imports the leaf of another one. */
const fromRoom = (room: string, other: string): string => importing(`${up(room)}${other}/leaf.js`);
const up = (room: string): string => '../'.repeat(room.split('/').length);

/** Rule, file, its text, and the file it must not reach. */
const planted: readonly (readonly [rule: string, from: string, text: string, to: string])[] = [
  ...(
    [
      ['kernel', 'job'],
      ['job', 'payload'],
      ['options', 'payload'],
      ['payload', 'ports'],
      ['ports', 'options'],
      ['middleware', 'observe'],
      ['observe', 'middleware'],
      ['enqueue', 'worker'],
      ['worker', 'enqueue'],
      ['threads', 'enqueue'],
      ['schedules', 'worker'],
      ['operate', 'worker'],
      ['control', 'enqueue'],
      ['broker/memory', 'worker'],
      ['broker/rabbitmq', 'broker/memory'],
      ['store', 'observe'],
      ['runtime', 'nest'],
      ['nest', 'testing'],
      ['testing/contract', 'runtime'],
    ] as const
  ).map(
    ([room, other]) =>
      [
        `room-${room.replace('/', '-')}`,
        `${CORE}${room}/planted.ts`,
        fromRoom(room, other),
        `${CORE}${other}/leaf.ts`,
      ] as const,
  ),
  [
    'room-options-types',
    `${CORE}options/planted-value.ts`,
    fromRoom('options', 'ports'),
    `${CORE}ports/leaf.ts`,
  ],
  [
    'room-broker-rabbitmq-types',
    `${CORE}broker/rabbitmq/planted-value.ts`,
    fromRoom('broker/rabbitmq', 'options'),
    `${CORE}options/leaf.ts`,
  ],
  ['room-unknown', `${CORE}attic/planted.ts`, importing('../kernel/leaf.js'), `${CORE}kernel/leaf.ts`],
  ['room-kernel', `${CORE}kernel/planted-entry.ts`, importing('../ports.js'), `${CORE}ports.ts`],
  [
    'light-entries',
    `${CORE}operate.ts`,
    importing('./operate/brings-amqplib.js'),
    'node_modules/amqplib/index.js',
  ],
  ['test-kit-without-nest', `${CORE}testing/planted.ts`, importing('../nest/leaf.js'), `${CORE}nest/leaf.ts`],
  [
    'test-kit-in-production',
    'apps/shop/src/planted-kit.ts',
    importing('nestjs-warren/testing'),
    `${CORE}testing.ts`,
  ],
  [
    'no-import-of-specs',
    `${CORE}job/importer.spec.ts`,
    importing('./leaf.spec.js'),
    `${CORE}job/leaf.spec.ts`,
  ],
  [
    'packages-by-entry',
    'apps/shop/src/planted-inner.ts',
    importing('../../../libs/core/src/job/leaf.js'),
    `${CORE}job/leaf.ts`,
  ],
  ['tools-by-ports-and-operate', 'libs/redis/src/planted.ts', importing('nestjs-warren'), `${CORE}index.ts`],
  ['cli-without-nest', 'libs/cli/src/planted.ts', importing('nestjs-warren'), `${CORE}index.ts`],
  [
    'packages-apart',
    'libs/telemetry/src/planted.ts',
    importing('../../dashboard/src/leaf.js'),
    'libs/dashboard/src/leaf.ts',
  ],
  [
    'libs-below-apps',
    `${CORE}kernel/planted-app.ts`,
    importing('../../../../apps/shop/src/leaf.js'),
    'apps/shop/src/leaf.ts',
  ],
  ['apps-without-tests', 'apps/shop/src/planted-test.ts', importing('../../../test/leaf.js'), 'test/leaf.ts'],
  [
    'declared-packages',
    `${CORE}kernel/undeclared.ts`,
    importing('surprise'),
    'node_modules/surprise/index.js',
  ],
  [
    'core-alone',
    `${CORE}kernel/planted-package.ts`,
    importing('../../../dashboard/src/leaf.js'),
    'libs/dashboard/src/leaf.ts',
  ],
  ['no-cycles', `${CORE}job/egg.ts`, importing('./hen.js'), `${CORE}job/hen.ts`],
  ['not-to-dist', 'test/planted.ts', importing('../libs/core/dist/index.js'), 'libs/core/dist/index.js'],
  ['no-unresolvable', 'test/lost.ts', importing('./nowhere.js'), './nowhere.js'],
];

const allowed: Tree = {
  [`${CORE}options/types.ts`]: importingType('../middleware/leaf.js'),
  [`${CORE}broker/rabbitmq/types.ts`]: importingType('../../options/leaf.js'),
  [`${CORE}broker/rabbitmq/client.ts`]: importing('amqplib', '../../ports/leaf.js'),
  [`${CORE}operate/brings-amqplib.ts`]: importing('amqplib'),
  [`${CORE}runtime/all.ts`]: importing(
    '../worker/leaf.js',
    '../broker/rabbitmq/leaf.js',
    '../enqueue/leaf.js',
  ),
  [`${CORE}nest/all.ts`]: importing('../runtime/leaf.js', '../kernel/leaf.js'),
  [`${CORE}testing/harness.ts`]: importing('../runtime/leaf.js'),
  [`${CORE}testing/jobs-testing.module.ts`]: importing('../nest/leaf.js'),
  [`${CORE}testing/contract/waits.ts`]: importing('../until.js', '../../ports/leaf.js'),
  [`${CORE}kernel/free.spec.ts`]: importing('../runtime/leaf.js', '../testing/until.js', 'surprise'),
  'apps/shop/src/main.ts': importing('nestjs-warren'),
  'libs/redis/src/nest.ts': importing('nestjs-warren'),
  'libs/redis/src/store.ts': importing('nestjs-warren/ports'),
  'libs/telemetry/src/module.ts': importing('nestjs-warren'),
};

const ground: Tree = {
  [`${CORE}job/hen.ts`]: importing('./egg.js'),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      paths: {
        'nestjs-warren': [`./${CORE}index.ts`],
        'nestjs-warren/*': [`./${CORE}*.ts`],
      },
    },
  }),
  'libs/core/package.json': JSON.stringify({ name: 'nestjs-warren', dependencies: { amqplib: '2' } }),
  ...Object.fromEntries(
    ['amqplib', 'surprise'].flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '2.0.0', main: 'index.js' })],
      [`node_modules/${name}/index.js`, ''],
    ]),
  ),
  ...Object.fromEntries(
    [
      ...[...ROOMS, 'testing'].map((room) => `${CORE}${room}/leaf.ts`),
      ...['index', 'ports', 'testing', 'testing/until', 'job/leaf.spec'].map((name) => `${CORE}${name}.ts`),
      'libs/core/dist/index.js',
      'libs/dashboard/src/leaf.ts',
      'apps/shop/src/leaf.ts',
      'test/leaf.ts',
    ].map((path) => [path, 'export type Thing = 5;\n']),
  ),
};

interface Summary {
  readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  readonly violations: readonly {
    readonly rule: { readonly name: string };
    readonly from: string;
    readonly to: string;
  }[];
}

function cruise(tree: Tree): { rules: string[]; violations: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'warren-imports-'));
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = resolve('.dependency-cruiser.cjs');
    const args = [cruiser, 'libs', 'apps', 'test', '--config', config, '--output-type', 'json'];
    // Its exit code counts the violations.
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (!stdout.startsWith('{')) throw new Error(`${stdout}\n${stderr}`);
    const { summary } = JSON.parse(stdout) as { summary: Summary };
    return {
      rules: summary.ruleSetUsed.forbidden.map(({ name }) => name),
      violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('the import rules', () => {
  let rules: string[];
  let violations: string[];

  beforeAll(() => {
    const offending = Object.fromEntries(planted.map(([, from, text]) => [from, text]));
    ({ rules, violations } = cruise({ ...ground, ...allowed, ...offending }));
  });

  it('have no rule that is not tried here', () => {
    expect([...new Set(planted.map(([rule]) => rule))].sort()).toEqual(rules.sort());
  });

  it.each(planted)('find %s in %s', (rule, from, _text, to) => {
    expect(violations).toContain(`${rule}: ${from} -> ${to}`);
  });

  it('find nothing where nothing is planted', () => {
    const offenders = new Set(planted.map(([, from]) => from));
    expect(violations.filter((line) => !offenders.has(line.replace(/^.*: (.*) -> .*$/, '$1')))).toEqual([]);
  });
});
