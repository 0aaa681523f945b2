import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/compile.ts'],
    // Native models are real and the machine may have two cores: files run in forked processes, two at a time.
    pool: 'forks',
    maxWorkers: 2,
    // Two workers with two threads each on two cores would spend their time spinning for one another.
    env: { OMP_NUM_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
