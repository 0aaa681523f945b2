import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NativeError } from '../../lib/errors.js';
import { findLibtorch } from '../../lib/native/libtorch.js';
import { type InstallEvent, installFrom, installLibtorch } from '../../lib/native/provision.js';
import type { Archive, Source } from '../../lib/native/sources.js';
import { drain } from '../../lib/progress.js';
import { FileServer } from './file-server.js';
import { fakeWheel, makeZip } from './zip.js';

const TARGET = { version: '2.13.0', variant: 'cpu' };
const WHEEL = makeZip(fakeWheel('2.13.0'));

let directory: string;
let cache: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lethe-provision-'));
  cache = join(directory, 'libtorch');
  // Without PATH there is no pip: no certificates, no proxy, no network.
  env = { LETHE_CACHE: directory, PATH: '' };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');

function source(url: string, archive: Partial<Archive> = {}): Source {
  const select = (name: string) => !name.includes('cuda');
  return {
    description: 'a test server',
    archives: async () => [{ url, sha256: digest(WHEEL), select, ...archive }],
  };
}

function broken(reason: string): Source {
  return {
    description: 'a broken source',
    archives: () => Promise.reject(new NativeError('ERR_DOWNLOAD', reason)),
  };
}

async function install(sources: Source[], options: { force?: boolean } = {}) {
  const events: InstallEvent[] = [];
  const libtorch = await drain(installFrom(sources, TARGET, { env, ...options }), (event) =>
    events.push(event),
  );
  return { libtorch, notes: events.flatMap((event) => (event.type === 'note' ? [event.message] : [])) };
}

test('a wheel becomes a managed copy that is found, with its manifest and nothing left over', async () => {
  await using server = await FileServer.start(WHEEL);
  const { libtorch, notes } = await install([source(server.url('torch.whl'))]);
  expect(libtorch).toEqual(findLibtorch({ env }));
  expect(libtorch).toMatchObject({ version: '2.13.0', variant: 'cpu', source: 'managed copy', cuda: false });
  expect(notes).toEqual(['Installing libtorch 2.13.0 (cpu) from a test server.']);
  expect(JSON.parse(readFileSync(join(cache, '2.13.0-cpu/lethe-libtorch.json'), 'utf8'))).toEqual({
    version: '2.13.0',
    variant: 'cpu',
    platform: `${process.platform}-${process.arch}`,
    archives: [{ url: server.url('torch.whl'), sha256: digest(WHEEL) }],
  });
  expect(readdirSync(cache).sort()).toEqual(['.download', '2.13.0-cpu']);
  expect(readdirSync(join(cache, '.download'))).toEqual([]);
});

test('a second installation does nothing, unless it is forced', async () => {
  await using server = await FileServer.start(WHEEL);
  await install([source(server.url('torch.whl'))]);
  const marker = join(cache, '2.13.0-cpu', 'marker');
  writeFileSync(marker, '');
  await install([source(server.url('torch.whl'))]);
  expect([server.ranges.length, existsSync(marker)]).toEqual([1, true]);
  await install([source(server.url('torch.whl'))], { force: true });
  expect([server.ranges.length, existsSync(marker)]).toEqual([2, false]);
});

test('sources are tried in turn, each failure in one line', async () => {
  await using missing = await FileServer.start(WHEEL, [{ status: 404 }]);
  await using server = await FileServer.start(WHEEL);
  const { notes } = await install([
    broken('it has no wheel for this platform.'),
    source(missing.url('torch.whl')),
    source(server.url('torch.whl')),
  ]);
  expect(notes).toEqual([
    'Not from a broken source: it has no wheel for this platform.',
    'Installing libtorch 2.13.0 (cpu) from a test server.',
    'Not from a test server: Could not download torch.whl: ' +
      `${new URL(missing.url('')).host} answered 404 Not Found.`,
    'Installing libtorch 2.13.0 (cpu) from a test server.',
  ]);
});

test('no source left: one sentence with every reason', async () => {
  await expect(install([broken('first reason'), broken('second reason')])).rejects.toMatchObject({
    code: 'ERR_DOWNLOAD',
    message:
      'Could not get libtorch 2.13.0 (cpu) from any source: a broken source: first reason; a broken source: second reason.',
    remedy: expect.stringContaining('LETHE_LIBTORCH'),
  });
});

test.each<[string, Buffer, RegExp]>([
  ['a truncated wheel', WHEEL.subarray(0, 1000), /Could not unpack/],
  ['a name that leaves the directory', makeZip([{ name: '../evil', data: 'x' }]), /Could not unpack/],
  ['another release', makeZip(fakeWheel('2.12.0')), /holds libtorch 2\.12\.0, not 2\.13\.0/],
  ['something else', makeZip([{ name: 'readme', data: 'x' }]), /holds no libtorch/],
])('%s installs nothing and leaves nothing', async (_what, content, reason) => {
  await using server = await FileServer.start(Buffer.from(content));
  await expect(install([source(server.url('torch.whl'), { sha256: undefined })])).rejects.toThrow(reason);
  expect(readdirSync(cache)).toEqual(['.download']);
  expect(existsSync(join(directory, 'evil'))).toBe(false);
});

test('corruption is one sentence, and the next run fetches anew', async () => {
  await using server = await FileServer.start(Buffer.concat([WHEEL, Buffer.from('!')]));
  await expect(install([source(server.url('torch.whl'))])).rejects.toThrow(
    /was corrupted .* and has been deleted/,
  );
  server.content = WHEEL;
  await install([source(server.url('torch.whl'))]);
  expect(server.ranges).toEqual([undefined, undefined]);
});

test('a killed run is gone on from, and what it left is cleared away', async () => {
  await using server = await FileServer.start(
    WHEEL,
    [{ cutAfter: 100_000 }],
    join(cache, '.download', 'torch.whl.part'),
  );
  for await (const event of installFrom([source(server.url('torch.whl'))], TARGET, { env }))
    if (event.type === 'note' && event.message.includes('interrupted')) break;
  mkdirSync(join(cache, '.making-2.13.0-cpu-1-dead'));
  await install([source(server.url('torch.whl'))]);
  expect(server.ranges).toEqual([undefined, 'bytes=100000-']);
  expect(readdirSync(cache).sort()).toEqual(['.download', '2.13.0-cpu']);
});

test('several installations at once make one copy', async () => {
  await using server = await FileServer.start(WHEEL);
  const runs = await Promise.all([1, 2, 3].map(() => install([source(server.url('torch.whl'))])));
  expect(new Set(runs.map(({ libtorch }) => libtorch.root)).size).toBe(1);
  expect(server.ranges).toHaveLength(1);
  expect(runs.flatMap(({ notes }) => notes).filter((note) => note.startsWith('Waiting for'))).toHaveLength(2);
});

test('the lock of a process that died is taken over', async () => {
  mkdirSync(cache, { recursive: true });
  const { pid } = await import('node:child_process').then(({ spawnSync }) =>
    spawnSync(process.execPath, ['-e', '']),
  );
  const { hostname } = await import('node:os');
  writeFileSync(join(cache, '.lock'), JSON.stringify({ pid, host: hostname() }));
  await using server = await FileServer.start(WHEEL);
  await install([source(server.url('torch.whl'))]);
  expect(existsSync(join(cache, '.lock'))).toBe(false);
});

test('a wheel in a local directory is used in place, its digest checked', async () => {
  const path = join(directory, 'torch.whl');
  writeFileSync(path, WHEEL);
  await expect(install([source(pathToFileURL(path).href, { sha256: 'ab' })])).rejects.toThrow(
    /does not have the SHA-256/,
  );
  await install([source(pathToFileURL(path).href)]);
  expect(existsSync(path)).toBe(true);
});

test('a cache that cannot be written to is one sentence', async () => {
  writeFileSync(cache, 'a file');
  await expect(install([broken('never asked')])).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/^Could not write .*libtorch: .+\.$/),
  });
});

test('a CUDA tag that is none is one sentence', async () => {
  await expect(drain(installLibtorch({ cuda: '11.8', env }))).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: 'Expected a CUDA tag such as cu118 or cu130 for --cuda but received "11.8".',
  });
});
