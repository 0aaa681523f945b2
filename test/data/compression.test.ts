/** Compressed inputs against what the tools wrote, and against files that are torn, damaged, or claim too much. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { xxhash64 } from 'hyparquet/src/xxhash.js';
import { describe, expect, test } from 'vitest';
import { decompress } from '../../lib/data/compression/decompress.js';
import { Xxh64 } from '../../lib/data/compression/xxh64.js';
import { InputError } from '../../lib/errors.js';
import { Random } from '../../lib/random.js';
import { collect } from './temporary.js';

const FILES = [
  ...['gzip.gz', 'gzip-members.gz', 'bzip2.bz2', 'bzip2-streams.bz2', 'xz.xz', 'xz-streams.xz'],
  ...['zstd.zst', 'zstd-19.zst', 'zstd-no-checksum.zst', 'zstd-frames.zst', 'zstd-skippable.zst'],
];
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(join('../fixtures/data/compressed', name), import.meta.url)));
const plain = fixture('documents.jsonl');
const random = new Random(5);

/** In pieces of `size` bytes, as a pipe may give them. */
const plainOf = async (data: Uint8Array, size = data.length) => {
  const pieces = Array.from({ length: Math.ceil(data.length / size) }, (_, i) =>
    data.subarray(i * size, (i + 1) * size),
  );
  return Buffer.concat(await collect(decompress(Readable.from(pieces), 'FILE')));
};

const failureOf = (data: Uint8Array) =>
  plainOf(data).then(
    () => undefined,
    (error: unknown) => error,
  );

function changed(name: string, at: number, byte: number): Buffer {
  const data = Buffer.from(fixture(name));
  data[at] = byte;
  return data;
}

describe.each(FILES)('%s', (name) => {
  test('is what was compressed, in any pieces', async () => {
    const data = fixture(name);
    for (const size of [data.length, 1, 7, 1000]) expect(await plainOf(data, size)).toEqual(plain);
  });

  test('cut short is one sentence', async () => {
    const data = fixture(name);
    const ends = [...Array.from({ length: 8 }, (_, i) => data.length - 1 - i), 20, 100, data.length >> 1];
    for (const end of ends) {
      const error = await failureOf(data.subarray(0, end));
      // Between two members, frames or streams, what remains is whole.
      if (error === undefined) expect(plain.indexOf(await plainOf(data.subarray(0, end)))).toBe(0);
      else {
        expect(error).toBeInstanceOf(InputError);
        expect((error as InputError).message).toMatch(/^Expected a whole \w+ file in FILE but [^\n]+\.$/);
      }
    }
    expect(await failureOf(data.subarray(0, -1))).toBeInstanceOf(InputError);
  });

  test('followed by something else is one sentence', async () => {
    expect(await failureOf(Buffer.concat([fixture(name), Buffer.from('something else')]))).toBeInstanceOf(
      InputError,
    );
  });

  test('with bytes changed at random is one sentence, or what it was', async () => {
    const data = fixture(name);
    for (let round = 0; round < 60; round++) {
      const copy = Buffer.from(data);
      // What is changed before may make it another format, or none.
      for (let i = random.integer(3); i >= 0; i--)
        copy[12 + random.integer(copy.length - 12)] = random.integer(256);
      const error = await failureOf(copy);
      if (error !== undefined) expect(error).toBeInstanceOf(InputError);
      else if (name !== 'zstd-no-checksum.zst') expect(await plainOf(copy)).toEqual(plain);
    }
  });
});

test('two readers of xz may take turns', async () => {
  const [a, b] = [0, 1].map(() => decompress(Readable.from([fixture('xz.xz')]), 'FILE'));
  const first = [await a!.next(), await b!.next(), await a!.next(), await b!.next()];
  expect(first.filter(({ done }) => !done).length).toBeGreaterThan(1);
  await a!.return();
  await b!.return();
});

test('a reader may leave early', async () => {
  for (const name of FILES) {
    const source = Readable.from([fixture(name)]);
    for await (const _ of decompress(source, 'FILE')) break;
    expect(source.destroyed).toBe(true);
  }
});

test.each<[string, Buffer, string]>([
  ['a window of 64 MiB', Buffer.from('28b52ffd0080010000', 'hex'), 'its window of 67108864 bytes is larger'],
  ['a dictionary', Buffer.from('28b52ffd2107000000', 'hex'), 'it needs the dictionary'],
  ['a frame cut at its header', fixture('zstd.zst').subarray(0, 5), 'it ends early'],
  ['another checksum', changed('zstd.zst', fixture('zstd.zst').length - 1, 0), 'its checksum is another'],
])('zstd with %s', async (_, data, reason) => {
  expect(await failureOf(data)).toMatchObject({
    code: 'ERR_FILE_FORMAT',
    message: expect.stringContaining(`Expected a whole zstd file in FILE but ${reason}`),
  });
});

test('a word that begins as bzip2 does is no bzip2', async () => {
  expect((await plainOf(Buffer.from('BZh9 is a word'))).toString()).toBe('BZh9 is a word');
});

test('the checksum of zstd, in any pieces, is that of another implementation', () => {
  for (let size = 0; size < 300; size++) {
    const bytes = Buffer.from(Array.from({ length: size }, () => random.integer(256)));
    const hash = new Xxh64();
    for (let at = 0; at < size; ) {
      const piece = 1 + random.integer(60);
      hash.update(bytes.subarray(at, at + piece));
      at += piece;
    }
    expect(hash.low()).toBe(Number(xxhash64(bytes) & 0xffffffffn));
  }
});
