/** Lifetimes that need a process of their own: exits in mid-job, worker threads, garbage collection. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<Ended> {
  const path = fileURLToPath(new URL(`./children/${script}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

// Several times each: what goes wrong here is a race between our threads and the destructors of libtorch.
describe('the process ends in mid-job', () => {
  test.each([
    ['exit', 7, null, /^$/],
    ['exit-in-callback', 9, null, /^$/],
    ['throw', 1, null, /on purpose/],
    ['signal', null, 'SIGTERM', /^$/],
  ] as const)('by %s', { repeats: 3 }, async (way, code, signal, stderr) => {
    const ended = await run('exit', [way]);
    expect(ended).toMatchObject({ code, signal });
    expect(ended.stderr).toMatch(stderr);
    // As a process says it that dies inside C++.
    expect(ended.stderr).not.toMatch(/terminate called|Aborted|core dumped|FATAL|Assertion/);
  });

  test('or when all is done, with models that nobody disposed of', async () => {
    expect(await run('natural-end')).toEqual({ code: 0, signal: null, stdout: '2\n50\n', stderr: '' });
  });
});

test('worker threads, terminated in mid-job', async () => {
  expect(await run('workers')).toEqual({ code: 0, signal: null, stdout: 'all agreed\n', stderr: '' });
}, 120_000);

test('models that are dropped or disposed of give back memory and threads', async () => {
  const ended = await run('collect', [], ['--expose-gc']);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  const rounds = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rounds).toHaveLength(2);
  for (const { before, after } of rounds) {
    // 60 more models hold 1 GB if they are kept.
    expect(after.rss - before.rss).toBeLessThan(200);
    expect(after.threads - before.threads).toBeLessThan(10);
  }
}, 120_000);
