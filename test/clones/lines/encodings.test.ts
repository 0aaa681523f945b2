/** Texts in UTF-16 and UTF-32, by their byte order mark, and compressed ones are searched as plain UTF-8 is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { markedEncoding, toUtf8 } from '../../../lib/text-encoding.js';
import { detectIn, file, plain, temporaryDirectory } from '../workspace.js';

const LINES = Array.from({ length: 7 }, (_, i) => `wert_${i} = größe(${i}) # € 😀`);
const TEXT = `begin\n${LINES.join('\r\n')}\nend\n`;

/** Each unit of UTF-16, or each code point, with the bytes of a number in either order; the mark before them. */
function encode(text: string, unitBytes: 2 | 4, littleEndian: boolean): Buffer {
  const units =
    unitBytes === 4
      ? [...`\ufeff${text}`].map((character) => character.codePointAt(0)!)
      : Array.from(`\ufeff${text}`.split(''), (unit) => unit.charCodeAt(0));
  const bytes = Buffer.alloc(units.length * unitBytes);
  for (const [i, unit] of units.entries()) {
    if (littleEndian) bytes.writeUIntLE(unit, i * unitBytes, unitBytes);
    else bytes.writeUIntBE(unit, i * unitBytes, unitBytes);
  }
  return bytes;
}

const ENCODINGS = [
  ['UTF-16, little-endian', 2, true],
  ['UTF-16, big-endian', 2, false],
  ['UTF-32, little-endian', 4, true],
  ['UTF-32, big-endian', 4, false],
] as const;

test.each(ENCODINGS)('%s', async (_, unitBytes, littleEndian) => {
  const encoded = encode(TEXT, unitBytes, littleEndian);
  const search = async (outputs: Uint8Array | string, shard: Uint8Array | string, mode: 'simian' | 'exact') =>
    plain(
      await detectIn(await temporaryDirectory(), {
        outputs: [file('all', outputs)],
        shards: [file('0', shard)],
        mode,
        workers: 1,
        chunkBytes: 7,
      }),
    );
  for (const mode of ['simian', 'exact'] as const) {
    const expected = await search(TEXT, TEXT, mode);
    expect(expected.map(({ length }) => length)).toEqual([9]);
    expect(await search(encoded, TEXT, mode)).toEqual(expected);
    expect(await search(TEXT, encoded, mode)).toEqual(expected);
    expect(await search(TEXT, gzipSync(encoded), mode)).toEqual(expected);
  }
});

test.each(ENCODINGS)('%s, cut anywhere', async (_, unitBytes, littleEndian) => {
  const encoded = encode(TEXT, unitBytes, littleEndian);
  expect(markedEncoding(encoded)?.markBytes).toBe(unitBytes);
  for (const size of [1, 2, 3, 5, 64]) {
    async function* chunks() {
      for (let at = 0; at < encoded.length; at += size) yield encoded.subarray(at, at + size);
    }
    const parts: Uint8Array[] = [];
    for await (const part of toUtf8(chunks(), 'x')) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe(TEXT);
  }
});

test('a shard that is not what its mark says is told, and the others are searched', async () => {
  const input = {
    outputs: [file('all', TEXT)],
    shards: [file('0', Buffer.concat([encode(TEXT, 2, true), Buffer.of(1)])), file('1', TEXT)],
    workers: 1,
  };
  const { groups, failed } = await detectIn(await temporaryDirectory(), input);
  expect(groups).toHaveLength(1);
  expect(failed.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/^Expected UTF-16 in .*0, as its byte-order mark says, but found other bytes\.$/),
  ]);
});

/** Made by test/oracle/make_compressed.py. */
test.each(['bzip2.bz2', 'xz.xz', 'zstd.zst', 'gzip-members.gz'])('%s', async (name) => {
  const fixture = (file: string) =>
    readFile(join(import.meta.dirname, '../../fixtures/data/compressed', file));
  const text = await fixture('documents.jsonl');
  const search = async (outputs: Uint8Array, shard: Uint8Array) =>
    plain(
      await detectIn(await temporaryDirectory(), {
        outputs: [file('all', outputs)],
        shards: [file('0', shard)],
      }),
    );
  const expected = await search(text, text);
  expect(expected.length).toBeGreaterThan(0);
  expect(await search(text, await fixture(name))).toEqual(expected);
  expect(await search(await fixture(name), text)).toEqual(expected);
});
