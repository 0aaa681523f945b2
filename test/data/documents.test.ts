import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Document, type ReadDocumentsOptions, readDocuments } from '../../lib/data/documents.js';
import { collect, temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

describe('JSON lines', () => {
  test.each(['a.jsonl', 'a.ndjson', 'a.json', 'a.jsonl.gz', 'a.json.gz'])('%s', async (name) => {
    const text = [
      { id: 'one', text: 'A' },
      { content: 'B', path: 'src/b.py', license: 'mit' },
      { id: 7, text: 'C', content: 'not this' },
    ]
      .map((record) => JSON.stringify(record))
      .join('\n');
    const path = await put(name, name.endsWith('.gz') ? gzipSync(text) : text);
    expect(await collect(readDocuments(path))).toEqual([
      { id: 'one', text: 'A' },
      { id: `${name}:2`, text: 'B', path: 'src/b.py', licence: 'mit' },
      { id: '7', number: 7, text: 'C' },
    ]);
  });

  test('from a pipe', async () => {
    const fifo = join(directory, 'pipe');
    execFileSync('mkfifo', [fifo]);
    const [documents] = await Promise.all([
      collect(readDocuments(fifo)),
      writeFile(fifo, '{"id":"x","text":"y"}\n'),
    ]);
    expect(documents).toEqual([{ id: 'x', text: 'y' }]);
  });

  test('a record without text is named by its line', async () => {
    const path = await put('bad.jsonl', '{"text":"a"}\n{"id":"b"}\n');
    await expect(collect(readDocuments(path))).rejects.toThrow(
      `Expected a string for text or content in ${path} line 2 but received neither.`,
    );
    const wrong = await put('wrong.jsonl', '{"text":["a"]}\n');
    await expect(collect(readDocuments(wrong))).rejects.toThrow(
      `Expected a string for text in ${wrong} line 1 but received ["a"] of type array.`,
    );
  });
});

describe('a tree', () => {
  test('gives text files by name, and tells which ones it left out', async () => {
    await put('tree/b.py', 'b\n');
    await put('tree/a/z.ts', 'z');
    await put('tree/a/Y.ts', '\ufeffy\r\n');
    await put('tree/a.md', 'a');
    await put('tree/.git/config', 'hidden');
    await put('tree/image.bin', Buffer.from([1, 0, 2]));
    await put('tree/latin1.txt', Buffer.from([0xe9, 0x20]));
    await put('tree/large.js', 'x'.repeat(101));
    await put('tree/empty.js', '');
    await symlink('b.py', join(directory, 'tree/link.py'));
    await symlink('..', join(directory, 'tree/circle'));
    await symlink('nothing', join(directory, 'tree/dangling'));

    const skipped: string[] = [];
    const documents = await collect(
      readDocuments(join(directory, 'tree'), {
        maxFileBytes: 100,
        onLeftOut: (reason, path) => skipped.push(`${path.slice(directory.length)} ${reason}`),
      }),
    );
    expect(documents.map(({ id, text }: Document) => [id, text])).toEqual([
      ['a/Y.ts', '\ufeffy\r\n'],
      ['a/z.ts', 'z'],
      ['a.md', 'a'],
      ['b.py', 'b\n'],
      ['empty.js', ''],
      ['link.py', 'b\n'],
    ]);
    expect(documents[0]!.path).toBe(join(directory, 'tree/a/Y.ts'));
    expect(skipped).toEqual([
      '/tree/.git/ hidden',
      '/tree/circle linked-directory',
      '/tree/dangling link',
      '/tree/image.bin not-text',
      '/tree/large.js large',
      '/tree/latin1.txt not-text',
    ]);
  });

  test('without a text file is refused', async () => {
    await put('binary/x', Buffer.from([0]));
    await expect(collect(readDocuments(join(directory, 'binary')))).rejects.toMatchObject({
      code: 'ERR_FILE_FORMAT',
      message: `Expected text files in ${join(directory, 'binary')} but found none.`,
    });
  });
});

describe('one file', () => {
  test('is one document', async () => {
    const path = await put('one/source.py', 'print(1)\n');
    expect(await collect(readDocuments(path))).toEqual([{ id: 'source.py', text: 'print(1)\n', path }]);
  });

  test('must be text', async () => {
    const path = await put('one/data', Buffer.from([0x89, 0, 1]));
    await expect(collect(readDocuments(path))).rejects.toThrow(
      `Expected UTF-8 text in ${path} but found binary data.`,
    );
  });
});

test.each<[object, string]>([
  [{ maxFileBytes: 0 }, 'Expected a number >= 1 for maxFileBytes in options of readDocuments but received 0'],
  [{ max: 1 }, 'Expected only known keys in options of readDocuments but received "max".'],
  [{ onLeftOut: 1 }, 'Expected a function for onLeftOut in options of readDocuments but received 1'],
])('misuse: %j', async (options, message) => {
  await expect(collect(readDocuments('.', options as ReadDocumentsOptions))).rejects.toThrow(message);
});

test('a path that does not exist', async () => {
  await expect(collect(readDocuments('nowhere'))).rejects.toMatchObject({
    code: 'ERR_FILE_NOT_FOUND',
    message: 'Could not read nowhere: it does not exist.',
  });
});
