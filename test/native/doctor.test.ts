import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DoctorReport, examine } from '../../lib/native/doctor.js';
import { runFresh } from './fresh-process.js';

const EXAMINE = `return (await import('./lib/native/doctor.ts')).examine();`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lethe-doctor-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('where everything is there, every part is named and nothing is missing', () => {
  const { usable, checks } = examine();
  expect(usable).toBe(true);
  expect(checks.filter(({ status }) => status === 'ok').map(({ name }) => name)).toEqual([
    'node',
    'addon',
    'libtorch',
    'runtime',
    'devices',
    'threads',
  ]);
  expect(checks.find(({ name }) => name === 'node')?.detail).toContain(process.versions.node);
  expect(checks.find(({ name }) => name === 'devices')?.detail).toMatch(/^cpu/);
});

test.each<[string, () => NodeJS.ProcessEnv, Record<string, string>]>([
  [
    'libtorch',
    () => ({ LETHE_LIBTORCH: join(directory, 'none') }),
    { node: 'ok', addon: 'ok', libtorch: 'missing' },
  ],
  [
    'the addon; the compiler is looked for instead',
    () => ({ LETHE_PREBUILD: directory }),
    { node: 'ok', addon: 'missing', 'C++ compiler': 'ok', CMake: 'ok', libtorch: 'ok' },
  ],
  [
    'everything',
    () => ({ LETHE_PREBUILD: directory, LETHE_LIBTORCH: '', LETHE_CACHE: directory, PATH: '' }),
    { node: 'ok', addon: 'missing', 'C++ compiler': 'note', CMake: 'note', libtorch: 'missing' },
  ],
])('what is missing has a remedy: %s', (_what, env, statuses) => {
  const { usable, checks } = runFresh(EXAMINE, env()) as DoctorReport;
  expect(usable).toBe(false);
  expect(Object.fromEntries(checks.map(({ name, status }) => [name, status]))).toEqual(statuses);
  for (const { status, remedy } of checks) if (status !== 'ok') expect(remedy).toMatch(/^(Run|Set|Install) /);
});
