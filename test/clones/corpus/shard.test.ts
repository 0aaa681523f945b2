import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildShard } from '../../../lib/clones/corpus/shard.js';
import { locate, readOutputsMap } from '../../../lib/clones/log/locate.js';
import { detectClones } from '../../../lib/clones/search/detect.js';
import { readShardMap } from '../../../lib/data/corpus/shard-map.js';
import { drain } from '../../../lib/progress.js';
import { temporaryDirectory } from '../workspace.js';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('buildShard', () => {
  it('writes the published format', async () => {
    const path = join(await temporaryDirectory(), '0');
    const result = await buildShard(
      [
        { id: 'first', text: 'a\n\n\nb', path: 'src/a.py' },
        { id: 'second', text: '' },
        { id: 'third', text: '  \nc\r\nd\re\n' },
      ],
      path,
    );
    const third = '  \nc\r\nd\re\n';
    expect(await readFile(path, 'utf8')).toBe(
      `a\nb\n\n${md5('a\nb\n')}\n\n${md5('')}\n${third}\n${md5(third)}\n`,
    );
    expect(result).toMatchObject({ path, documents: 3, lines: 12 });
    // Lines as clone detection counts them: the third document's \r\n and \r end lines as well.
    expect(await readShardMap(path)).toEqual([
      { id: 'first', md5: md5('a\nb\n'), start: 1, end: 4, path: 'src/a.py' },
      { id: 'second', md5: md5(''), start: 5, end: 6 },
      { id: 'third', md5: md5(third), start: 7, end: 12 },
    ]);
  });

  it('lets a clone be traced to its document', async () => {
    const directory = await temporaryDirectory();
    const [outputs, shard] = [join(directory, 'all'), join(directory, '0')];
    const block = ['one', 'two', 'three', 'four', 'five', 'six'].join('\n');
    await buildShard(
      [
        { id: 'other', text: 'x\r\ny\n\nz\n' },
        { id: 'source', text: `# head\n\n${block}\n` },
      ],
      shard,
    );
    await writeFile(outputs, `${block}\n`);
    const { groups } = await drain(detectClones({ outputs: [outputs], shards: [shard] }));
    const [inCorpus] = groups.flatMap(({ occurrences }) => occurrences.filter(({ file }) => file === shard));
    expect(locate(await readShardMap(shard), inCorpus!).map(({ id }) => id)).toEqual(['source']);
  });

  it.each([
    ['a map that is not there', undefined, /documents\.jsonl: it does not exist/],
    ['a map that is no JSON', '{"id": "a"', /documents\.jsonl line 1/],
    ['an entry without lines', '{"id": "a", "md5": "b"}', /start in .* line 1/],
  ])('refuses %s', async (_, map, message) => {
    const path = join(await temporaryDirectory(), '0');
    if (map !== undefined) await writeFile(`${path}.documents.jsonl`, map);
    await expect(readShardMap(path)).rejects.toThrow(message);
  });
});

describe('locate', () => {
  const spans = [
    { start: 1, end: 4 },
    { start: 5, end: 5 },
    { start: 6, end: 9 },
  ];

  it.each([
    [1, 1, [0]],
    [4, 5, [0, 1]],
    [5, 5, [1]],
    [2, 7, [0, 1, 2]],
    [9, 20, [2]],
    [10, 12, []],
  ])('lines %i to %i', (start, end, found) => {
    expect(locate(spans, { start, end })).toEqual(found.map((i) => spans[i]));
  });
});

describe('readOutputsMap', () => {
  it('reads a published map in the order of its lines', async () => {
    const path = join(await temporaryDirectory(), 'map_0-1.json');
    await writeFile(
      path,
      '{"10": {"md5": "b", "start": 4, "end": 7}, "9": {"md5": "a", "start": 1, "end": 3}}',
    );
    expect(await readOutputsMap(path)).toEqual([
      { id: '9', md5: 'a', start: 1, end: 3 },
      { id: '10', md5: 'b', start: 4, end: 7 },
    ]);
  });

  it('refuses what is no map', async () => {
    const path = join(await temporaryDirectory(), 'map.json');
    await writeFile(path, '{"0": {"md5": "a", "start": 0');
    await expect(readOutputsMap(path)).rejects.toThrow(/^Expected JSON in .* but /);
    await writeFile(path, '{"0": {"md5": "a", "start": 0, "end": 3}}');
    await expect(readOutputsMap(path)).rejects.toThrow(/start/);
  });
});
