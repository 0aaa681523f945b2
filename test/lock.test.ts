/** Lock files: who holds one, when it is taken over, and when it goes. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeOwner, tryLock } from '../lib/lock.js';
import { temporaryDirectory } from './data/temporary.js';

const directory = temporaryDirectory();
let count = 0;
const place = () => join(directory, `${count++}.lock`);
const LOCK = fileURLToPath(new URL('../lib/lock.ts', import.meta.url));

/** A process of its own that takes the lock, says so and waits. */
async function holder(path: string) {
  const code = `const { tryLock } = await import(${JSON.stringify(LOCK)}); const a = await tryLock(process.argv[1], 'child'); console.log(a.lock ? 'held' : 'refused'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, path]);
  const answer = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(String(data).trim()));
  });
  const end = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      child.on('exit', () => resolve());
      child.kill(signal);
    });
  return { child, answer, end };
}

test('one holder at a time, who is named, and nothing stays', async () => {
  const path = place();
  const first = await tryLock(path, 'lethe score');
  expect(first.lock?.path).toBe(path);
  const second = await tryLock(path, 'lethe score');
  expect(second.lock).toBeUndefined();
  if (second.lock === undefined)
    expect(describeOwner(second.owner)).toBe(`lethe score, process ${process.pid} on ${hostname()}`);
  await first.lock?.[Symbol.asyncDispose]();
  expect(readdirSync(directory).filter((name) => name.startsWith('0.lock'))).toEqual([]);
  const third = await tryLock(path, 'lethe score');
  expect(third.lock).toBeDefined();
  await third.lock?.[Symbol.asyncDispose]();
});

test('of many that find a dead lock, one takes it', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (let round = 0; round < 20; round++) {
    const path = place();
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    const attempts = await Promise.all(Array.from({ length: 8 }, () => tryLock(path, 'x')));
    const locks = attempts.flatMap(({ lock }) => (lock === undefined ? [] : [lock]));
    expect(locks).toHaveLength(1);
    for (const lock of locks) await lock[Symbol.asyncDispose]();
    expect(existsSync(`${path}.takeover`)).toBe(false);
  }
});

test('a process that is killed leaves its lock, which is then taken over; one that ends takes it along', async () => {
  const path = place();
  const killed = await holder(path);
  expect(killed.answer).toBe('held');
  expect((await tryLock(path, 'x')).lock).toBeUndefined();
  await killed.end('SIGKILL');
  expect(existsSync(path)).toBe(true);
  const taken = await tryLock(path, 'x');
  expect(taken.lock).toBeDefined();
  await taken.lock?.[Symbol.asyncDispose]();
});

test.each<[string, object | string, { old?: boolean; taken: boolean }]>([
  ['a living process', { pid: process.pid, host: hostname() }, { taken: false }],
  ['a living process, long untouched', { pid: process.pid, host: hostname() }, { old: true, taken: false }],
  [
    'a process id that was given again',
    { pid: process.pid, host: hostname(), started: '1' },
    { taken: process.platform === 'linux' },
  ],
  ['another machine', { pid: process.pid, host: 'elsewhere' }, { taken: false }],
  ['another machine, long untouched', { pid: process.pid, host: 'elsewhere' }, { old: true, taken: true }],
  ['another boot', { pid: process.pid, host: hostname(), system: 'before' }, { taken: false }],
  [
    'another boot, long untouched',
    { pid: 1, host: hostname(), system: 'before' },
    { old: true, taken: true },
  ],
  ['nothing', '', { taken: false }],
  ['nothing, long untouched', '', { old: true, taken: true }],
])('the lock of %s', async (_what, content, { old = false, taken }) => {
  const path = place();
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  if (old) utimesSync(path, new Date(0), new Date(0));
  const { lock } = await tryLock(path, 'x');
  expect(lock !== undefined).toBe(taken);
  await lock?.[Symbol.asyncDispose]();
  expect(existsSync(path)).toBe(!taken);
});

test('a lock that was taken over is left to its new owner', async () => {
  const path = place();
  const { lock } = await tryLock(path, 'x');
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'theirs' }));
  await lock?.[Symbol.asyncDispose]();
  expect(readFileSync(path, 'utf8')).toContain('theirs');
});

test('a place where none can be made is told', async () => {
  await expect(tryLock(join(directory, 'none/x.lock'), 'x')).rejects.toMatchObject({
    code: 'ERR_FILE_NOT_FOUND',
  });
});
