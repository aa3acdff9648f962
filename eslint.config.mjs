import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Few rules, all on: promises, types, file length, and the single doors of libs/core. Who may import whom is in
 * .dependency-cruiser.cjs. Planted violations in test/lint prove that each door is shut.
 */

const CORE = 'libs/core/src/';
const SPECS = ['**/*.spec.ts'];

/** What a door guards may be used in `open` alone; specs pass through those that say so. */
const DOORS = {
  amqplib: {
    packages: /^amqplib(\/|$)/,
    open: [`${CORE}broker/rabbitmq/**`],
    message: 'amqplib belongs to broker/rabbitmq. Use the port in ports/broker.ts.',
  },
  nest: {
    packages: /^(@nestjs|rxjs)(\/|$)/,
    open: [`${CORE}nest/**`, `${CORE}testing/jobs-testing.module.ts`],
    message:
      'Nest and rxjs belong to nest/. Take a function or a type of our own, and bind it to Nest there.',
  },
  croner: {
    packages: /^croner(\/|$)/,
    open: [`${CORE}schedules/occurrences.ts`],
    message: 'croner belongs to schedules/occurrences.ts. Ask that file for the next occurrence.',
  },
  'class-validator': {
    packages: /^class-(validator|transformer)(\/|$)/,
    open: [`${CORE}payload/class-validator.ts`, ...SPECS],
    message: 'Both are optional and loaded by payload/class-validator.ts. Use payload/validator.ts.',
  },
  piscina: {
    packages: /^piscina(\/|$)/,
    open: [`${CORE}threads/thread-pool.ts`],
    message: 'piscina is optional and loaded by threads/thread-pool.ts. Use the ThreadPool of that file.',
  },
  environment: {
    members: ['process.env'],
    names: { from: /^(node:)?process$/, names: ['default', 'env'] },
    open: [`${CORE}options/environment.ts`, ...SPECS],
    message: 'options/environment.ts reads the environment. Use readEnvironment(), or add an option.',
  },
  clock: {
    globals: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    members: ['Date.now', 'AbortSignal.timeout', 'process.hrtime', 'process.uptime'],
    selectors: [
      'NewExpression[callee.name="Date"][arguments.length=0]',
      'CallExpression[callee.name="Date"]',
    ],
    packages: /^(node:)?(timers(\/promises)?|perf_hooks)$/,
    open: [`${CORE}kernel/clock.ts`, ...SPECS],
    message: 'System time has one door, kernel/clock.ts. Take a Clock: now(), setTimer(), sleep().',
  },
  immediate: {
    globals: ['setImmediate', 'clearImmediate'],
    open: [
      `${CORE}kernel/clock.ts`,
      `${CORE}broker/memory/**`,
      `${CORE}broker/rabbitmq/write-batch.ts`,
      `${CORE}store/batching/lane.ts`,
      `${CORE}testing/**`,
      ...SPECS,
    ],
    message:
      'Only the memory broker, write-batch.ts, lane.ts and the test kit end a turn of the event loop so. Take a Clock: setTimer().',
  },
  random: {
    globals: ['crypto'],
    members: ['Math.random'],
    names: {
      from: /^(node:)?crypto$/,
      names: [
        'default',
        '*',
        'getRandomValues',
        'pseudoRandomBytes',
        'randomBytes',
        'randomFill',
        'randomFillSync',
        'randomInt',
        'randomUUID',
        'webcrypto',
      ],
    },
    open: [`${CORE}kernel/random.ts`, ...SPECS],
    message: 'Randomness has one door, kernel/random.ts. Take a Random, or an IdSource of kernel/ids.ts.',
  },
  wire: {
    selectors: ['Literal[value=/^warren-/]', 'TemplateElement:first-child[value.raw=/^warren-/]'],
    open: [`${CORE}job/wire.ts`, ...SPECS],
    message: 'Header names have one home, job/wire.ts. Use its functions, or RESERVED_PREFIX.',
  },
  testing: {
    packages: /^(\.{1,2}\/(.*\/)?testing(\.js$|\/)|nestjs-warren\/testing$)/,
    files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    open: [`${CORE}testing/**`, `${CORE}testing.ts`, ...SPECS],
    message: 'The test kit stays out of what runs in production. Move what both need out of testing/.',
  },
};

function doorRule({ packages, names, globals = [], members = [], selectors = [], message }) {
  const sourceOf = (node) => (node.source ?? node.expression)?.value;
  const memberName = (node) => (node.computed ? node.property.value : node.property.name);
  /** `Date.now` of both `Date.now` and `globalThis.Date['now']`. */
  const pathOf = (node) => {
    const object = node.object.type === 'MemberExpression' ? memberName(node.object) : node.object.name;
    return `${object}.${memberName(node)}`;
  };
  const closed = new Set([...members, ...globals.map((name) => `globalThis.${name}`)]);

  const create = (context) => {
    const report = (node) => context.report({ node, message });
    const refusePackage = (node) => packages?.test(sourceOf(node) ?? '') && report(node);
    const nameOf = { ImportDefaultSpecifier: 'default', ImportNamespaceSpecifier: '*' };
    return {
      'ExportNamedDeclaration, ExportAllDeclaration, ImportExpression, TSImportType, TSExternalModuleReference':
        refusePackage,
      ImportDeclaration(node) {
        refusePackage(node);
        if (!names?.from.test(node.source.value)) return;
        for (const specifier of node.specifiers) {
          if (names.names.includes(nameOf[specifier.type] ?? specifier.imported.name)) report(specifier);
        }
      },
      MemberExpression: (node) => closed.has(pathOf(node)) && report(node),
      'VariableDeclarator > ObjectPattern > Property'(node) {
        if (closed.has(`${node.parent.parent.init?.name}.${node.key.name}`)) report(node);
      },
      Program(node) {
        const scope = context.sourceCode.getScope(node);
        const references = [...scope.through, ...scope.variables.flatMap((variable) => variable.references)];
        for (const { identifier } of references) if (globals.includes(identifier.name)) report(identifier);
      },
      ...Object.fromEntries(selectors.map((selector) => [selector, report])),
    };
  };
  return { meta: { type: 'problem', schema: [] }, create };
}

const doors = {
  rules: Object.fromEntries(Object.entries(DOORS).map(([name, door]) => [name, doorRule(door)])),
};

const doorConfigs = Object.entries(DOORS).map(([name, { files = [`${CORE}**/*.ts`], open }]) => ({
  name: `doors/${name}`,
  files,
  ignores: open,
  rules: { [`doors/${name}`]: 'error' },
}));

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '**/coverage/', '.demo/', '.services/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { doors },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-async-promise-executor': 'error',
      'no-cond-assign': 'error',
      'no-constant-binary-expression': 'error',
      'no-debugger': 'error',
      'no-empty': 'error',
      'no-loss-of-precision': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unsafe-finally': 'error',
      'no-unsafe-optional-chaining': 'error',
      'no-useless-catch': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    name: 'typescript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Nest reads the types of constructor parameters at run time; a type-only import would take them away.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // What was caught is handed on as it came.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // A function that must return a promise may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export it by name: one thing, one name everywhere.',
        },
      ],
    },
  },
  {
    name: 'libraries',
    files: ['libs/*/src/**/*.ts'],
    ignores: SPECS,
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'no-console': 'error',
    },
  },
  ...doorConfigs,
  {
    name: 'specs',
    files: [...SPECS, 'test/**/*.ts'],
    rules: {
      // Tests hand in what the types forbid and read what they hide.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-template-curly-in-string': 'off',
    },
  },
  {
    name: 'scripts',
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [...Object.getOwnPropertyNames(globalThis), 'module'].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-undef': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
);
