import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exists, isDirectory, replaceFile, writeFileAtomic } from '../lib/files.js';
import { temporaryDirectory } from './data/temporary.js';

const directory = temporaryDirectory();

describe('writeFileAtomic', () => {
  test('creates and replaces, and makes the directories above', async () => {
    const path = join(directory, 'a/b/file.txt');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new Uint8Array([0x74, 0x77, 0x6f]));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(directory, 'a/b'))).toEqual(['file.txt']);
  });

  test('writes to a pipe, and leaves it one', async () => {
    const own = join(directory, 'pipes');
    await mkdir(own);
    const path = join(own, 'fifo');
    execFileSync('mkfifo', [path]);
    const [read] = await Promise.all([readFile(path, 'utf8'), writeFileAtomic(path, 'through')]);
    expect(read).toBe('through');
    expect((await stat(path)).isFIFO()).toBe(true);
    expect(await readdir(own)).toEqual(['fifo']);
  });

  test('of several at once, one wins whole', async () => {
    const path = join(directory, 'race/file.txt');
    const contents = Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(join(directory, 'race'))).toEqual(['file.txt']);
  });

  test('leaves nothing behind when it fails', async () => {
    const own = join(directory, 'taken');
    await mkdir(join(own, 'file.txt/inside'), { recursive: true });
    await expect(writeFileAtomic(join(own, 'file.txt'), 'x')).rejects.toMatchObject({
      code: 'ERR_FILE_WRITE',
    });
    expect(await readdir(own)).toEqual(['file.txt']);

    const path = join(own, 'full.txt');
    await writeFileAtomic(path, 'old');
    const full = replaceFile(path, async (handle) => {
      await handle.writeFile('part of it');
      throw Object.assign(new Error('write failed'), { code: 'ENOSPC' });
    });
    await expect(full).rejects.toMatchObject({
      code: 'ERR_DISK_FULL',
      message: `Could not write ${path}: the disk is full.`,
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(own)).sort()).toEqual(['file.txt', 'full.txt']);
  });

  test('names a path that goes through a file', async () => {
    await writeFileAtomic(join(directory, 'plain'), 'x');
    await expect(writeFileAtomic(join(directory, 'plain/below'), 'x')).rejects.toMatchObject({
      name: 'InputError',
    });
  });
});

test('what is there, and whether it is a directory, is told at the end of links', async () => {
  const own = join(directory, 'there');
  await mkdir(own);
  await writeFileAtomic(join(own, 'file'), '');
  await symlink('file', join(own, 'link'));
  await symlink('.', join(own, 'folder'));
  await symlink('nothing', join(own, 'dangling'));
  const answers = async (name: string) => [await exists(join(own, name)), await isDirectory(join(own, name))];
  expect(await answers('file')).toEqual([true, false]);
  expect(await answers('link')).toEqual([true, false]);
  expect(await answers('folder')).toEqual([true, true]);
  expect(await answers('dangling')).toEqual([false, false]);
  expect(await answers('nothing')).toEqual([false, false]);
});
