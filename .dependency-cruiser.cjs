/** Who may import whom. Planted violations in test/lint prove that each rule fires. */

const CORE = '^libs/core/src/';
const SPEC = '\\.spec\\.ts$';
const ENTRIES = `${CORE}(index|ports|operate|standalone|testing)\\.ts$`;

const GROUND = ['kernel', 'job', 'options', 'payload', 'ports'];
const PIPELINE = [...GROUND, 'middleware', 'observe'];
const PARTS = [
  ...PIPELINE,
  'enqueue',
  'worker',
  'threads',
  'schedules',
  'operate',
  'control',
  'broker/memory',
  'broker/rabbitmq',
  'store',
];

/**
 * The rooms of libs/core/src: what each may import beside itself, which single file, and of which rooms only
 * types.
 */
const ROOMS = {
  kernel: { imports: [], why: 'Tools that know nothing of jobs.' },
  job: { imports: ['kernel'], why: 'What a job is: types and pure functions.' },
  options: {
    imports: ['kernel', 'job'],
    types: ['ports', 'middleware'],
    why: 'Declares options; what they hold of ports and middleware is types.',
  },
  payload: { imports: ['kernel', 'job'], why: 'Bytes and validation of payloads.' },
  ports: { imports: ['kernel', 'job'], why: 'What the core needs from the world.' },
  middleware: { imports: GROUND, why: 'Wrappers, used by both ways of a job.' },
  observe: { imports: GROUND, why: 'Facts about jobs, told by both ways of a job.' },
  enqueue: { imports: PIPELINE, why: 'The way in knows nothing of the way through.' },
  worker: { imports: PIPELINE, why: 'The way through knows nothing of the way in.' },
  threads: {
    imports: [...PIPELINE, 'worker'],
    why: 'Where attempts of isolated handlers run; the way through does not know where.',
  },
  schedules: { imports: [...PIPELINE, 'enqueue'], why: 'Enqueues at its hour.' },
  operate: {
    imports: [...PIPELINE, 'enqueue', 'schedules'],
    why: 'What an operator can do, on ports alone.',
  },
  control: { imports: [...PIPELINE, 'worker'], why: 'Commands to a running worker.' },
  'broker/memory': { imports: ['kernel', 'job', 'ports'], why: 'Adapters see no pipeline.' },
  'broker/rabbitmq': {
    imports: ['kernel', 'job', 'ports'],
    types: ['options'],
    why: 'Adapters see no pipeline; this one takes its settings as a type.',
  },
  store: { imports: ['kernel', 'job', 'ports'], why: 'Adapters see no pipeline.' },
  runtime: { imports: PARTS, why: 'Puts all parts together, and knows no Nest.' },
  nest: { imports: [...PARTS, 'runtime'], why: 'The Nest face of the runtime.' },
  'testing/contract': {
    imports: ['kernel', 'job', 'ports'],
    file: 'testing/until.ts',
    why: 'Adapters are tested through the port.',
  },
};

const inRooms = (rooms) => `${CORE}(${rooms.join('|')})/`;

const roomRules = Object.entries(ROOMS).flatMap(([room, { imports, types = [], file, why }]) => {
  const name = `room-${room.replace('/', '-')}`;
  const from = { path: inRooms([room]), pathNot: SPEC };
  const allowed = [inRooms([room, ...imports, ...types]), ...(file ? [`${CORE}${file}$`] : [])];
  const closed = { name, comment: why, severity: 'error', from, to: { path: CORE, pathNot: allowed } };
  if (types.length === 0) return [closed];
  const onlyTypes = { path: inRooms(types), dependencyTypesNot: ['type-only'] };
  return [closed, { ...closed, name: `${name}-types`, to: onlyTypes }];
});

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'room-unknown',
      comment: 'A new folder of the core gets its line in the table above.',
      severity: 'error',
      from: { path: `${CORE}[^/]+/`, pathNot: [SPEC, inRooms([...Object.keys(ROOMS), 'testing'])] },
      to: {},
    },
    {
      name: 'light-entries',
      comment: 'Adapters and tools load neither Nest nor amqplib.',
      severity: 'error',
      from: { path: `${CORE}(ports|operate)\\.ts$` },
      to: { path: 'node_modules/(@nestjs|rxjs|amqplib)/', reachable: true },
    },
    {
      name: 'test-kit-without-nest',
      comment: 'Only the Nest module of the test kit knows Nest.',
      severity: 'error',
      from: { path: `${CORE}testing/`, pathNot: 'jobs-testing\\.module\\.ts$' },
      to: { path: inRooms(['nest']) },
    },
    {
      name: 'test-kit-in-production',
      comment: 'Nothing outside testing/ and specs imports the test kit.',
      severity: 'error',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: [SPEC, `${CORE}testing(/|\\.ts$)`] },
      to: { path: `${CORE}testing(/|\\.ts$)` },
    },
    {
      name: 'no-import-of-specs',
      comment: 'What two specs share is a file of its own.',
      severity: 'error',
      from: {},
      to: { path: SPEC },
    },
    {
      name: 'packages-by-entry',
      comment: 'Packages and apps use the entries of nestjs-warren, not its files.',
      severity: 'error',
      from: { path: '^(libs/(?!core/)|apps/)' },
      to: { path: CORE, pathNot: ENTRIES },
    },
    {
      name: 'tools-by-ports-and-operate',
      comment: 'Stores load no Nest: only the Nest module of the store uses another entry.',
      severity: 'error',
      from: { path: '^libs/redis/src/', pathNot: [SPEC, '^libs/redis/src/nest\\.ts$'] },
      to: { path: ENTRIES, pathNot: `${CORE}(ports|operate)\\.ts$` },
    },
    {
      name: 'cli-without-nest',
      comment: 'The command boots no Nest.',
      severity: 'error',
      from: { path: '^libs/cli/src/', pathNot: SPEC },
      to: { path: ['node_modules/(@nestjs|rxjs)/', `${CORE}(nest/|index\\.ts$)`], reachable: true },
    },
    {
      name: 'packages-apart',
      comment: 'Packages beside the core never import each other; the command knows the stores.',
      severity: 'error',
      from: { path: '^libs/(?!core/)([^/]+)/', pathNot: '^libs/cli/src/connect' },
      to: { path: '^libs/', pathNot: '^libs/(core|$1)/' },
    },
    {
      name: 'libs-below-apps',
      comment: 'No package needs apps, tests or scripts.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test|bench|examples|scripts)/' },
    },
    {
      name: 'core-alone',
      comment: 'The core needs no other package of ours.',
      severity: 'error',
      from: { path: '^libs/core/' },
      to: { path: '^libs/(?!core/)' },
    },
    {
      name: 'apps-without-tests',
      comment: 'Apps stand without tests and scripts.',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
    {
      name: 'declared-packages',
      comment: 'What runs in production names its packages in its own package.json.',
      severity: 'error',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: SPEC },
      to: { path: 'node_modules/', dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no order to load or to read in.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-dist',
      comment: 'Source imports source; dist may be old.',
      severity: 'error',
      from: {},
      to: { path: ['^dist/', '^(libs|apps)/[^/]+/dist/'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
