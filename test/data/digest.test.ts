import { execFileSync } from 'node:child_process';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestDirectory, digestFile, digestPath, digestText } from '../../lib/data/digest.js';
import { temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
// sha256 of "abc", FIPS 180-4
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('a text, and a file of it', async () => {
  await writeFile(join(directory, 'abc'), 'abc');
  expect(digestText('abc')).toBe(ABC);
  expect(await digestFile(join(directory, 'abc'))).toBe(ABC);
  expect(await digestPath(join(directory, 'abc'))).toBe(ABC);
});

test('a directory is digested as sha256sum prints it', async () => {
  const root = join(directory, 'tree');
  await mkdir(join(root, 'a/.deep'), { recursive: true });
  await writeFile(join(root, 'a/.deep/x'), 'abc');
  await writeFile(join(root, 'a.txt'), 'y');
  await writeFile(join(root, 'B'), '');
  await symlink('a.txt', join(root, 'link'));
  const expected = execFileSync(
    'bash',
    [
      '-c',
      "LC_ALL=C; export LC_ALL; find -L . -type f | sed 's|^./||' | sort | xargs sha256sum | sha256sum | cut -d' ' -f1",
    ],
    { cwd: root, encoding: 'utf8' },
  ).trim();
  expect(await digestDirectory(root)).toBe(expected);
  expect(await digestPath(root)).toBe(expected);

  await rename(join(root, 'B'), join(root, 'C'));
  expect(await digestDirectory(root)).not.toBe(expected);
});

test('what is not there is named', async () => {
  for (const digest of [digestFile, digestDirectory, digestPath])
    await expect(digest('nowhere')).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: 'Could not read nowhere: it does not exist.',
    });
});
