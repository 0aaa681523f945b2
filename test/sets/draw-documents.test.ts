/** Documents drawn from a source: which ones, cut how, and what is said of those that are not. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Document } from '../../lib/data/document.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { type DrawDocumentsOptions, drawDocuments } from '../../lib/sets/draw-documents.js';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await Tokenizer.load('assets/tokenizer');
});

const textOf = (i: number) => `const value${i} = compute(${i});\n`.repeat(1 + (i % 5));
const DOCUMENTS: Document[] = Array.from({ length: 100 }, (_, i) => ({ id: `f${i}.js`, text: textOf(i) }));

function draw(options: DrawDocumentsOptions, documents: readonly Document[] = DOCUMENTS) {
  let reads = 0;
  const source = async function* () {
    reads++;
    yield* documents;
  };
  return drain(drawDocuments(source, tokenizer, options)).then((result) => ({ ...result, reads }));
}

const ids = ({ records }: { records: readonly { id: unknown }[] }) => records.map(({ id }) => String(id));

describe('the draw', () => {
  test('is of the seed and the ids, whatever the order of the source', async () => {
    const first = await draw({ count: 10 });
    expect(new Set(ids(first)).size).toBe(10);
    expect(ids(await draw({ count: 10 }, [...DOCUMENTS].reverse()))).toEqual(ids(first));
    expect(ids(await draw({ count: 10, seed: 7 }))).not.toEqual(ids(first));
    // A larger draw begins with the smaller one.
    expect(ids(await draw({ count: 20 })).slice(0, 10)).toEqual(ids(first));
  });

  test('leaves out what is excluded, what is too short, and copies, and counts these', async () => {
    const copies = [...DOCUMENTS, ...DOCUMENTS.map(({ id, text }) => ({ id: `copy/${id}`, text }))];
    const exclude = new Set(DOCUMENTS.slice(0, 50).map(({ id }) => id));
    const result = await draw({ count: 200, minTokens: 20, exclude }, copies);
    expect(result).toMatchObject({ read: 200 });
    expect(ids(result).filter((id) => exclude.has(id))).toEqual([]);
    expect(new Set(result.records.map(({ text }) => text)).size).toBe(result.records.length);
    for (const { text } of result.records)
      expect(tokenizer.encode(text).tokens.length).toBeGreaterThanOrEqual(20);
    expect((await draw({ count: 200 }, copies)).copies).toBe(100);
  });

  test('of a share of what may be drawn, the rest is left: rounded up, of documents that are long enough, and no more than asked for', async () => {
    const ten = { length: 10 };
    const long = Array.from(ten, (_, i) => ({
      id: `l${i}`,
      text: `const value${i} = compute();\n`.repeat(9),
    }));
    const short = Array.from(ten, (_, i) => ({ id: `s${i}`, text: `function function function f${i}` }));
    const documents = [...long, ...short];
    const half = await draw({ count: 100, minTokens: 28, share: 0.5 }, documents);
    expect(ids(half)).toHaveLength(5);
    const rest = await draw({ count: 100, minTokens: 28, exclude: new Set(ids(half)) }, documents);
    expect([...ids(half), ...ids(rest)].sort()).toEqual(long.map(({ id }) => id));
    expect(ids(await draw({ count: 100, minTokens: 28, share: 0.41 }, documents))).toHaveLength(5);
    expect(ids(await draw({ count: 3, minTokens: 28, share: 0.5 }, documents))).toHaveLength(3);
    // 32 texts are held at first; the share is of all.
    const many = Array.from({ length: 100 }, (_, i) => ({ id: `m${i}`, text: long[0]!.text + i }));
    expect(ids(await draw({ count: 4, share: 0.03 }, many))).toHaveLength(3);
    expect(ids(await draw({ count: 1, share: 0.01 }, long.slice(0, 1)))).toEqual(['l0']);
    await expect(draw({ count: 1, share: 0.5, secrets: new Map() })).rejects.toThrow('1 for share');
  });

  test('reads the source again where those it held prove too short', async () => {
    const short = Array.from({ length: 300 }, (_, i) => ({
      id: `s${i}`,
      text: `function function function f${i}`,
    }));
    const long = [{ id: 'long', text: textOf(4).repeat(3) }];
    const result = await draw({ count: 1, minTokens: 28 }, [...short, ...long]);
    expect(ids(result)).toEqual(['long']);
    expect(result.reads).toBeGreaterThan(1);
  });

  test('cuts after whole lines', async () => {
    const { records } = await draw({ count: 100, maxTokens: 16 });
    for (const { text } of records)
      expect(tokenizer.encode(text, { addSpecialTokens: true }).tokens.length).toBeLessThanOrEqual(16);
  });
});

describe('with secrets', () => {
  const secret = (text: string, value: string): Secret => {
    const start = text.indexOf(value);
    return { tag: 'ANY', type: 'made up', value, start, end: start + value.length };
  };
  const long = Array.from({ length: 60 }, (_, i) => `const v${i} = call(${i});\n`).join('');
  const documents = [...DOCUMENTS, { id: 'long', text: long, licence: 'MIT' }];
  const secrets = new Map([
    ['f1.js', [secret(textOf(1), 'value1')]],
    ['long', [secret(long, 'v5 '), secret(long, 'v55 ')]],
    ['gone', [secret('x', 'x')]],
    ['f2.js', []],
  ]);

  test('only documents that have some are drawn, a long one in excerpts called by their lines', async () => {
    const { records, unknown } = await draw({ count: 10, maxTokens: 64, secrets }, documents);
    expect(ids({ records }).sort()).toEqual([
      'f1.js',
      expect.stringMatching(/^long:\d+$/),
      expect.stringMatching(/^long:\d+$/),
    ]);
    expect(unknown).toEqual(['gone']);
    for (const { id, text, secrets: inside } of records) {
      for (const { start, end, value } of inside!) expect(text.slice(start, end)).toBe(value);
      const [, line] = /:(\d+)$/.exec(String(id)) ?? [];
      if (line !== undefined) expect(long.split('\n')[Number(line) - 1]).toBe(text.split('\n')[0]);
    }
    expect(records.find(({ id }) => String(id).startsWith('long'))).toMatchObject({ licence: 'MIT' });
  });
});

test.each<[object, RegExp]>([
  [{ count: 0 }, /a number >= 1 for count/],
  [{ count: 1, maxTokens: 8 }, /a number >= 16 for maxTokens/],
  [{ count: 1, minTokens: -1 }, /a number >= 0 for minTokens/],
  [{ count: 1, maxToken: 5 }, /only known keys/],
])('%j is refused', async (options, expected) => {
  await expect(draw(options as DrawDocumentsOptions)).rejects.toThrow(expected);
});
