import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { extractZip } from '../../lib/native/extract.js';
import { drain } from '../../lib/progress.js';
import { makeZip, type ZipEntry } from './zip.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-extract-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function unpack(
  content: Buffer,
  options: { select?: (name: string) => boolean; maxBytes?: number } = {},
) {
  const archive = join(directory, 'a.zip');
  await writeFile(archive, content);
  return drain(extractZip({ archive, directory: join(directory, 'out'), ...options }));
}

test('files come out as they went in, the selected ones only', async () => {
  const zip = makeZip([
    { name: 'torch/lib/a.so', data: 'library' },
    { name: 'torch/b.py', data: 'python' },
    { name: 'torch/empty', data: '' },
  ]);
  expect(await unpack(zip, { select: (name) => !name.endsWith('.py') })).toEqual({ files: 2, sizeBytes: 7 });
  expect(await readFile(join(directory, 'out/torch/lib/a.so'), 'utf8')).toBe('library');
  expect(await readFile(join(directory, 'out/torch/empty'), 'utf8')).toBe('');
  expect(existsSync(join(directory, 'out/torch/b.py'))).toBe(false);
});

const HOSTILE: readonly [string, ZipEntry, RegExp][] = [
  ['a way up', { name: '../evil', data: 'x' }, /invalid relative path/],
  ['a way up inside', { name: 'torch/../../evil', data: 'x' }, /invalid relative path/],
  ['an absolute path', { name: '/evil', data: 'x' }, /absolute path/],
  ['a link', { name: 'torch/link', data: '/etc', mode: 0o120777 }, /"torch\/link" is a link/],
  ['a wrong checksum', { name: 'torch/a', data: 'x', crc: 1 }, /"torch\/a" is damaged/],
];

test.each(HOSTILE)('%s is refused', async (_what, entry, reason) => {
  await expect(unpack(makeZip([{ name: 'fine', data: 'fine' }, entry]))).rejects.toMatchObject({
    code: 'ERR_FILE_FORMAT',
    message: expect.stringMatching(reason),
  });
  expect(existsSync(join(directory, 'evil'))).toBe(false);
});

test('more than the limit is refused before a byte is written', async () => {
  const zip = makeZip([
    { name: 'a', data: 'x'.repeat(600) },
    { name: 'b', data: 'x'.repeat(600) },
  ]);
  await expect(unpack(zip, { maxBytes: 1000 })).rejects.toThrow(
    /would unpack to 1200 bytes, more than the 1000 allowed/,
  );
  expect(existsSync(join(directory, 'out'))).toBe(false);
});

test('truncated, and not a zip at all: one sentence each', async () => {
  const zip = makeZip([{ name: 'a', data: 'x'.repeat(600) }]);
  for (const bytes of [
    zip.subarray(0, zip.length - 30),
    Buffer.from('<html>not found</html>'),
    Buffer.alloc(0),
  ]) {
    await expect(unpack(Buffer.from(bytes))).rejects.toMatchObject({
      code: 'ERR_FILE_FORMAT',
      message: expect.stringMatching(/^Could not unpack a\.zip: .+\.$/),
    });
  }
});

test('an archive that is not there is one sentence', async () => {
  await expect(
    drain(extractZip({ archive: join(directory, 'none.zip'), directory: join(directory, 'out') })),
  ).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
});
