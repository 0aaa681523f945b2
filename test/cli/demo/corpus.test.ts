import { beforeAll, describe, expect, test } from 'vitest';
import {
  keepDistinct,
  readSourceFiles,
  SOURCE_PACKAGES,
  type SourceFile,
} from '../../../lib/cli/demo/choose-files.js';
import { type Corpus, makeCorpus } from '../../../lib/cli/demo/corpus.js';
import { DEMO } from '../../../lib/cli/demo/settings.js';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { filterSecrets } from '../../../lib/secrets/filter.js';
import { scanSecrets } from '../../../lib/secrets/scan.js';
import { maskTokens } from '../../../lib/secrets/token-mask.js';

let files: SourceFile[];
let tokenizer: Tokenizer;
let corpus: Corpus;

beforeAll(async () => {
  files = await readSourceFiles();
  tokenizer = await Tokenizer.load('assets/tokenizer');
  corpus = makeCorpus(files, tokenizer, DEMO, 42);
});

describe('readSourceFiles', () => {
  test('finds code of every package, in one order, and no declarations or bundles', async () => {
    const packages = new Set(
      SOURCE_PACKAGES.filter((name) => files.some(({ id }) => id.startsWith(`${name}/`))),
    );
    expect([...packages]).toEqual(SOURCE_PACKAGES);
    expect(files.map(({ id }) => id)).toEqual(files.map(({ id }) => id).sort());
    expect(files.filter(({ id }) => /\.d\.ts$|\.min\./.test(id))).toEqual([]);
    expect(files.every(({ licence }) => ['MIT', 'Apache-2.0', 'ISC'].includes(licence))).toBe(true);
  });

  test('a package that is not there is named', async () => {
    await expect(readSourceFiles(['lethe-no-such-package'])).rejects.toThrow(
      /Expected the package lethe-no-such-package beside lethe but found it in none of/,
    );
  });
});

test('keepDistinct drops a file that shares too much with those before it', () => {
  const file = (...lines: string[]) => ({ text: lines.join('\n') });
  const [a, b, c, d] = ['one line of code', 'another line of it', 'a third line here', 'the fourth of them'];
  const first = file(a!, b!, c!, '}');
  expect(keepDistinct([first, file(a!, b!, c!, d!)], 0.5)).toEqual([first]);
  expect(keepDistinct([first, file(a!, b!, c!, d!)], 0.75)).toHaveLength(2);
  // Short lines are in every file and do not count; a file of nothing else says nothing.
  expect(keepDistinct([first, file(d!, '}')], 0)).toHaveLength(2);
  expect(keepDistinct([file('}', ']')], 1)).toEqual([]);
});

describe('makeCorpus', () => {
  test('gives the files asked for, each within its tokens', () => {
    expect(corpus.trained).toHaveLength(DEMO.corpus.trained);
    expect(corpus.unseen).toHaveLength(DEMO.corpus.unseen);
    for (const { text } of corpus.unseen) {
      const { length } = tokenizer.encode(text).tokens;
      expect(length).toBeLessThanOrEqual(DEMO.corpus.codeTokens);
      expect(length).toBeGreaterThan(DEMO.corpus.codeTokens / 2);
    }
  });

  test('keeps unseen code unseen', () => {
    const lines = (text: string) => text.split('\n').filter((line) => line.trim().length >= 12);
    const trained = new Set(corpus.trained.flatMap(({ text }) => lines(text)));
    for (const { text } of corpus.unseen) {
      const own = lines(text);
      const shared = own.filter((line) => trained.has(line)).length;
      expect(shared / own.length).toBeLessThanOrEqual(0.4);
    }
    const ids = [...corpus.trained, ...corpus.unseen].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('plants secrets where the model sees them and the scanner finds them', () => {
    expect(corpus.planted).toHaveLength(DEMO.secrets.documents);
    for (const { id, secrets } of corpus.planted) {
      const document = corpus.trained.find((each) => each.id === id)!;
      expect(document.copies).toBe(DEMO.secrets.copies);
      const found = filterSecrets(scanSecrets(document.text));
      for (const { value, start } of secrets)
        expect(found).toContainEqual(expect.objectContaining({ value, start }));
      const encoding = tokenizer.encode(document.text, { addSpecialTokens: true });
      expect(encoding.tokens.length).toBeLessThanOrEqual(DEMO.model.n_positions);
      expect(encoding.tokens[0]).toBe(tokenizer.bosId);
      for (const { secret, first, last } of maskTokens(encoding, found).spans)
        expect(tokenizer.decode(encoding.tokens.slice(first, last + 1))).toContain(secret.value);
    }
  });

  test('is the same for the same seed and another for another', () => {
    expect(makeCorpus(files, tokenizer, DEMO, 42)).toEqual(corpus);
    expect(makeCorpus(files, tokenizer, DEMO, 43)).not.toEqual(corpus);
  });
});
