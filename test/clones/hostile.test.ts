/** Text and files that nobody wants: the same blocks however they are cut, one sentence for what cannot be read. */
import { execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type DetectClonesEvent,
  type DetectClonesOptions,
  detectClones,
} from '../../lib/clones/search/detect.js';
import { drain } from '../../lib/progress.js';
import { findSharedBlocks, type NamedFile } from './brute-force.js';
import { detectIn, file, plain, temporaryDirectory } from './workspace.js';

const BLOCK = 'a = f(1)\nb = g(2)\nc\nd\n';
const LATIN = Buffer.from(BLOCK.replace('c', 'caf\u00e9'), 'latin1');

const TEXTS: readonly (readonly [string, string | Uint8Array, string | Uint8Array])[] = [
  [
    'line ends of every kind',
    BLOCK,
    `x\r\n${BLOCK.replaceAll('\n', '\r')}y\r\n\r\n${BLOCK.replaceAll('\n', '\r\n')}`,
  ],
  [
    'a byte order mark, which is dropped at the start of a file only',
    `\ufeff${BLOCK}`,
    `${BLOCK}\ufeff${BLOCK}`,
  ],
  ['two byte order marks', `\ufeff\ufeff${BLOCK}`, `\ufeff${BLOCK}`],
  ['half a byte order mark', Buffer.from([0xef, 0xbb]), Buffer.from([0xef, 0xbb, 10, 0xef, 0xbb])],
  ['NUL', `\0${BLOCK}\0`, `x\n\0\0\n${BLOCK}`],
  [
    'bytes that are not UTF-8',
    LATIN,
    Buffer.concat([Buffer.from([0xff, 0xc3, 10]), LATIN, Buffer.from([0xe2])]),
  ],
  ['U+2028 and U+0085, which end no line', `p\u2028q\n${BLOCK}\u0085`, `${BLOCK}p\u2028q\n${BLOCK}\u0085\n`],
  ['no line end at the end', BLOCK.trimEnd(), `x\n${BLOCK.trimEnd()}`],
  ['an empty shard', BLOCK, ''],
  ['empty outputs', '', BLOCK],
  ['only line ends', '\n\r\n\r', '\r\r\n\n\n'.repeat(50)],
  [
    'a sequence of UTF-8 cut by a line end',
    `\u4e2d\n${BLOCK}`,
    Buffer.concat([Buffer.from([0xe4, 0xb8, 10]), Buffer.from(BLOCK)]),
  ],
];

describe('hostile text', () => {
  it.each(TEXTS)('%s', async (_what, outputs, shard) => {
    const directory = await temporaryDirectory();
    const input = { outputs: [file('all', outputs)], shards: [file('train', shard)], threshold: 2 };
    const expected = findSharedBlocks([...input.outputs, ...input.shards], new Set(['all']), 2);
    for (const chunkBytes of [1, 7, 4096]) {
      for (const partBytes of [1, 2, 3, 10, 1e6]) {
        const found = await detectIn(directory, { ...input, chunkBytes, partBytes, workers: 1 });
        expect(plain(found), `${chunkBytes} ${partBytes}`).toEqual(expected);
      }
    }
  });

  it('50 MB in one line, between blocks', async () => {
    const directory = await temporaryDirectory();
    const long = Buffer.alloc(50_000_000, 'ab ');
    const shard = Buffer.concat([Buffer.from(BLOCK), long, Buffer.from(`\n${BLOCK}`)]);
    const input = { outputs: [file('all', BLOCK)], shards: [file('train', shard)], threshold: 4 };
    const { groups, totals } = await detectIn(directory, { ...input, partBytes: 2 ** 20, workers: 2 });
    expect(groups.map(({ occurrences }) => occurrences.map(({ start, end }) => [start, end]))).toEqual([
      [
        [1, 4],
        [1, 4],
        [6, 9],
      ],
    ]);
    expect(totals).toMatchObject({ significantLines: 13, rawLines: 13 });
  });

  it('a corpus of one repeated line: as many places as there are, found once each', async () => {
    const directory = await temporaryDirectory();
    const lines = 200_000;
    const input = {
      outputs: [file('all', 'pass\n'.repeat(20))],
      shards: [file('train', 'pass\n'.repeat(lines))],
    };
    for (const mode of ['simian', 'exact'] as const) {
      const { groups } = await detectIn(directory, { ...input, mode });
      expect(groups.map(({ length, occurrences }) => [length, occurrences.length])).toEqual([
        [20, lines - 18],
      ]);
    }
  });

  it('many blank lines between the lines of a block', async () => {
    const directory = await temporaryDirectory();
    const shard = BLOCK.replaceAll('\n', `\n${'\n'.repeat(3000)}`);
    const input = { outputs: [file('all', BLOCK)], shards: [file('train', shard)], threshold: 4, workers: 1 };
    const { groups } = await detectIn(directory, { ...input, partBytes: 1000 });
    expect(groups[0]!.occurrences[1]).toMatchObject({ start: 1, end: 9004 });
  });
});

describe('files', () => {
  const shard = `x\n${BLOCK}`;
  const outputs = file('all', BLOCK);

  async function detect(paths: Pick<DetectClonesOptions, 'outputs' | 'shards'>, options = {}) {
    const warnings: string[] = [];
    const onEvent = (event: DetectClonesEvent) => {
      if (event.type === 'warning') warnings.push(event.message);
    };
    return { ...(await drain(detectClones({ threshold: 2, ...paths, ...options }), onEvent)), warnings };
  }

  async function prepare(...files: NamedFile[]): Promise<(...names: string[]) => string[]> {
    const directory = await temporaryDirectory();
    for (const { name, bytes } of [outputs, ...files]) await writeFile(join(directory, name), bytes);
    return (...names) => names.map((name) => join(directory, name));
  }

  it("gzip'd, whatever their name, in one member or several: lines are those of the text", async () => {
    const members = Buffer.concat([gzipSync(shard.slice(0, 9)), gzipSync(shard.slice(9))]);
    const paths = await prepare(
      file('text', shard),
      file('packed', gzipSync(shard)),
      file('members.gz', members),
    );
    for (const workers of [1, 2]) {
      for (const name of ['packed', 'members.gz']) {
        const { groups } = await detect({ outputs: paths('all'), shards: paths('text', name) }, { workers });
        const spans = groups.map(({ occurrences }) => occurrences.map(({ start, end }) => `${start}-${end}`));
        expect(spans).toEqual([['1-4', '2-5', '2-5']]);
      }
    }
    const packedOutputs = await prepare(file('all.gz', gzipSync(BLOCK)), file('text', shard));
    for (const mode of ['simian', 'exact'] as const) {
      const plainly = await detect(
        { outputs: packedOutputs('all'), shards: packedOutputs('text') },
        { mode },
      );
      const packed = await detect(
        { outputs: packedOutputs('all.gz'), shards: packedOutputs('text') },
        { mode },
      );
      expect(packed.groups[0]!.fingerprint).toBe(plainly.groups[0]!.fingerprint);
    }
  });

  it('a pipe', async () => {
    const paths = await prepare(file('text', shard));
    const [fifo, text] = paths('fifo', 'text');
    execFileSync('mkfifo', [fifo!]);
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', text!, fifo!], { stdio: 'ignore' });
    const { groups } = await detect({ outputs: paths('all'), shards: [fifo!] });
    expect(groups).toHaveLength(1);
    expect(writer.signalCode).toBeNull();
  });

  it.each([
    ['missing', /Could not read .*none: it does not exist/],
    ['a broken gzip file', /Expected a whole gzip file in .*none but /],
    ['a directory', /Could not read .*none: it is a directory/],
  ])('a shard that is %s leaves the others alone', async (what, message) => {
    const paths = await prepare(file('good', shard), file('also', shard));
    const [bad] = paths('none');
    if (what === 'a broken gzip file')
      await writeFile(bad!, gzipSync('x\n'.repeat(500_000)).subarray(0, 500));
    if (what === 'a directory') execFileSync('mkdir', [bad!]);
    for (const workers of [1, 2]) {
      for (const compare of ['together', 'separately'] as const) {
        const shards = paths('good', 'none', 'also');
        const result = await detect({ outputs: paths('all'), shards }, { workers, compare, partBytes: 8 });
        expect(result.failed.map((each) => each.file)).toEqual([bad]);
        expect(result.failed[0]!.error.message).toMatch(message);
        expect(result.warnings).toEqual([expect.stringMatching(/; the other shards are searched\.$/)]);
        const without = await detect({ outputs: paths('all'), shards: paths('good', 'also') }, { compare });
        expect(result.groups).toEqual(without.groups);
        expect(result.totals).toEqual(without.totals);
      }
    }
    await expect(detect({ outputs: paths('all'), shards: [bad!] })).rejects.toThrow(message);
  });
});
