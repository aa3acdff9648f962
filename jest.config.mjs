import { availableParallelism } from 'node:os';

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-warren$': '<rootDir>/libs/core/src/index.ts',
    '^nestjs-warren/(ports|operate|standalone|testing)$': '<rootDir>/libs/core/src/$1.ts',
    '^nestjs-warren-(redis|cli|telemetry|dashboard)$': '<rootDir>/libs/$1/src/index.ts',
    '^nestjs-warren-telemetry/health$': '<rootDir>/libs/telemetry/src/health.ts',
  },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/test/tsconfig.json' }] },
};

/**
 * `unit` needs no service; `services` runs over the RabbitMQ and Redis that scripts/services.mjs provides; `broker-faults`
 * starts RabbitMQ nodes of its own and kills them.
 */
export default {
  // Processes and brokers of a busy machine take their time; what hangs still ends.
  testTimeout: 60_000,
  // Most tests wait for brokers and processes, so that two at a time fit on a machine of two cores, too.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/libs', '<rootDir>/apps'],
      testRegex: '\\.spec\\.ts$',
    },
    {
      ...shared,
      displayName: 'services',
      roots: ['<rootDir>/test'],
      testPathIgnorePatterns: ['/node_modules/', '/test/faults/broker/'],
      testRegex: '\\.spec\\.ts$',
    },
    {
      ...shared,
      displayName: 'broker-faults',
      roots: ['<rootDir>/test/faults/broker'],
      testRegex: '\\.spec\\.ts$',
    },
  ],
};
