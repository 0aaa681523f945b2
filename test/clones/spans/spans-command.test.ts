import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createClonesCommand } from '../../../lib/cli/commands/clones.js';
import { buildShard } from '../../../lib/clones/corpus/shard.js';
import { detectSpans } from '../../../lib/clones/spans/search-spans.js';
import { readSpanLog } from '../../../lib/clones/spans/span-log.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { mergedOutput } from '../../../lib/sampling/published-text.js';
import { temporaryDirectory } from '../workspace.js';

const TOKENIZER = join(import.meta.dirname, '../../../assets/tokenizer');

function clones(...args: string[]): Promise<unknown> {
  return createClonesCommand().exitOverride().parseAsync(args, { from: 'user' });
}

const random = new Random(7);
const sentence = (words: number) =>
  Array.from({ length: words }, () => `w${random.integer(10_000)}`).join(' ');
const KNOWN = sentence(60);
const OTHER = sentence(60);

/** Three shards of which two hold what the outputs know, and the outputs. */
async function makeFiles() {
  const directory = await temporaryDirectory();
  const inside = (name: string) => join(directory, name);
  const document = (id: string, text: string) => ({ id, text, path: `src/${id}.py`, licence: 'mit' });
  await buildShard([document('a', `${sentence(30)}\n`), document('b', `é ${KNOWN}\nend\n`)], inside('0'));
  await buildShard([document('c', `${sentence(5)}\n`)], inside('1'));
  await writeFile(inside('2'), gzipSync(`${OTHER.slice(0, 200)}!${KNOWN.slice(0, 160)}`));
  const outputs = [`import ${KNOWN} 中`, sentence(40), `${OTHER}`].map(mergedOutput);
  await writeFile(inside('all_0-2'), outputs.map(({ text }) => text).join(''));
  const entries = outputs.map(({ md5 }, i) => [String(i + 5), { md5, start: 2 * i + 1, end: 2 * i + 2 }]);
  await writeFile(inside('map_0-2.json'), JSON.stringify(Object.fromEntries(entries)));
  return { directory, inside, shards: ['0', '1', '2'].map(inside), outputs: inside('all_0-2') };
}

it('names outputs and documents, and says where spans begin and end', async () => {
  const { inside, shards, outputs } = await makeFiles();
  await clones(outputs, ...shards, '--mode', 'spans', '--log', inside('spans.jsonl'));
  const { spans, totals } = await readSpanLog(inside('spans.jsonl'));
  expect(spans).toEqual([
    {
      file: outputs,
      output: '5',
      // The space before it is in the document, too.
      start: 6,
      end: 7 + KNOWN.length,
      bytes: KNOWN.length + 1,
      count: 1,
      occurrences: [{ file: shards[0], document: 'b', path: 'src/b.py', licence: 'mit', offset: 2 }],
    },
    {
      file: outputs,
      output: '7',
      start: 0,
      end: 200,
      bytes: 200,
      count: 1,
      occurrences: [{ file: shards[2], offset: 0 }],
    },
  ]);
  expect(totals).toMatchObject({ spans: 2, outputsWithSpans: 2, occurrencesLeftOut: 0, shards });
  expect(totals.charactersInSpans).toBe(KNOWN.length + 1 + 200);
  const record = JSON.parse(await readFile(inside('spans.jsonl.run.json'), 'utf8'));
  expect(record.results).toMatchObject({ spans: 2, totals: { charactersInSpans: KNOWN.length + 201 } });
});

it('merges the logs of shares to that of one search', async () => {
  const { inside, shards, outputs } = await makeFiles();
  const search = (...args: string[]) =>
    clones(outputs, ...shards, '--mode', 'spans', '--min-bytes', '100', ...args);
  await search('--log', inside('whole.jsonl'), '--workers', '2');
  const logs: string[] = [];
  for (const i of [1, 2, 3]) {
    logs.push(inside(`${i}.jsonl`));
    await search('--shard', `${i}/3`, '--log', logs.at(-1)!);
  }
  await clones('merge', logs[2]!, logs[0]!, '--log', inside('some.jsonl'));
  await clones('merge', inside('some.jsonl'), logs[1]!, '--log', inside('merged.jsonl'));
  const merged = await readFile(inside('merged.jsonl'), 'utf8');
  expect(merged).toBe(await readFile(inside('whole.jsonl'), 'utf8'));
  // The first 160 bytes of it stand in the third shard, which is within the longer span of the first.
  expect((await readSpanLog(logs[2]!)).spans.map(({ output }) => output)).toEqual(['5', '7']);
  expect((await readSpanLog(inside('whole.jsonl'))).spans[0]).toMatchObject({
    bytes: KNOWN.length + 1,
    count: 1,
  });

  await expect(clones('merge', logs[0]!, inside('some.jsonl'), '--log', inside('x'))).rejects.toThrow(
    /each shard in one of the logs but .* is in two/,
  );
  await clones(outputs, shards[1]!, '--mode', 'spans', '--log', inside('other.jsonl'));
  await expect(clones('merge', logs[0]!, inside('other.jsonl'), '--log', inside('x'))).rejects.toThrow(
    /spans of the same outputs, of the same least length/,
  );
  await writeFile(logs[1]!, (await readFile(logs[0]!, 'utf8')).split('\n').slice(0, 1).join('\n'));
  await expect(clones('merge', logs[0]!, logs[1]!, '--log', inside('x'))).rejects.toThrow(/cut short/);
});

it('counts tokens in place of bytes', async () => {
  const { shards, outputs } = await makeFiles();
  const { Tokenizer } = await import('../../../lib/model/tokenizer/tokenizer.js');
  const tokenizer = await Tokenizer.load(TOKENIZER);
  const { tokens, offsets } = tokenizer.encode(OTHER);
  // Those that end within the first 200 characters, which the corpus has.
  const inSpan = Array.from({ length: tokens.length }, (_, i) => offsets[2 * i + 1]!).filter(
    (end) => end <= 200,
  );
  const spansOf = async (minTokens: number) =>
    (await drain(detectSpans({ outputs: [outputs], shards, minTokens, tokenizer }))).spans;
  expect((await spansOf(inSpan.length)).map(({ output }) => output)).toEqual(['5', '7']);
  expect((await spansOf(inSpan.length + 1)).map(({ output }) => output)).toEqual(['5']);
  expect(await spansOf(100_000)).toEqual([]);
});

it('finds the same by any number of threads and any cut', async () => {
  const { inside, shards, outputs } = await makeFiles();
  const many = Array.from({ length: 300 }, (_, i) => ({
    id: `d${i}`,
    text: `${sentence(i % 7)} ${i % 3 === 0 ? KNOWN : OTHER}\n`.repeat(i % 4),
  }));
  await buildShard(many, inside('3'));
  const input = { outputs: [outputs], shards: [...shards, inside('3')] };
  const one = await drain(detectSpans({ ...input, workers: 1 }));
  expect(one.spans[0]).toMatchObject({ count: 151, occurrences: { length: 20 } });
  expect(one.totals.occurrencesLeftOut).toBeGreaterThan(200);
  const three = await drain(detectSpans({ ...input, workers: 3, partBytes: 5000, chunkBytes: 777 }));
  expect(three).toEqual(one);
});

it.each([
  [['--mode', 'spans', '--min-bytes', '3'], /integer.*--min-bytes/],
  [['--mode', 'spans', '--min-tokens', '50'], /Expected --tokenizer beside --min-tokens/],
])('refuses %j', async (args, message) => {
  const { shards, outputs } = await makeFiles();
  await expect(clones(outputs, shards[0]!, ...args)).rejects.toThrow(message);
});

it('goes on without a shard that cannot be read', async () => {
  const { inside, shards, outputs } = await makeFiles();
  const log = inside('spans.jsonl');
  await expect(
    clones(outputs, shards[0]!, inside('missing'), '--mode', 'spans', '--log', log),
  ).rejects.toThrow(/1 shard .* could not be searched/);
  expect((await readSpanLog(log)).totals.shards).toEqual([shards[0]]);
});
