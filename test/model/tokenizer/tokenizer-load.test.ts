import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';

const shipped = fileURLToPath(new URL('../../../assets/tokenizer/tokenizer.json', import.meta.url));
const shippedJson = JSON.parse(await readFile(shipped, 'utf8')) as Record<string, unknown>;

let directories = '';
beforeAll(async () => {
  directories = await mkdtemp(join(tmpdir(), 'lethe-tokenizer-'));
});
afterAll(() => rm(directories, { recursive: true }));

/** A directory with the given files; values that are not strings are written as JSON. */
async function directoryOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(directories, 'model-'));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return directory;
}

describe('what is no tokenizer that can be used is refused in one sentence', () => {
  const model = shippedJson.model as Record<string, unknown>;
  const changed = (fields: Record<string, unknown>) => ({ ...shippedJson, ...fields });
  const withModel = (fields: Record<string, unknown>) => changed({ model: { ...model, ...fields } });

  test.each<[string, Record<string, unknown>, string, string]>([
    ['no file', {}, 'ERR_FILE_NOT_FOUND', 'Could not read DIR/tokenizer.json: it does not exist.'],
    ['no JSON', { 'tokenizer.json': '{"a' }, 'ERR_MODEL_FORMAT', 'Expected JSON in DIR/tokenizer.json but '],
    [
      'an array',
      { 'tokenizer.json': [] },
      'ERR_MODEL_FORMAT',
      'Expected an object for DIR/tokenizer.json but received [] of type array.',
    ],
    [
      'no model',
      { 'tokenizer.json': {} },
      'ERR_MODEL_FORMAT',
      'Expected an object for model in DIR/tokenizer.json but received undefined.',
    ],
    [
      'WordPiece',
      { 'tokenizer.json': changed({ model: { type: 'WordPiece', vocab: {} } }) },
      'ERR_MODEL_UNSUPPORTED',
      'Expected a tokenizer that Lethe encodes exactly, BPE or WordPiece, in DIR/tokenizer.json but found a WordPiece model with ByteLevel.',
    ],
    [
      'Unigram',
      { 'tokenizer.json': changed({ model: { type: 'Unigram', vocab: [] }, pre_tokenizer: null }) },
      'ERR_MODEL_UNSUPPORTED',
      'found a Unigram model.',
    ],
    [
      'characters that would be lost',
      { 'tokenizer.json': changed({ pre_tokenizer: { type: 'Metaspace' } }) },
      'ERR_MODEL_UNSUPPORTED',
      'found BPE that has neither byte_fallback nor an unk_token for unknown characters.',
    ],
    [
      'another pre-tokenizer',
      { 'tokenizer.json': changed({ pre_tokenizer: { type: 'UnicodeScripts' } }) },
      'ERR_MODEL_UNSUPPORTED',
      'found a UnicodeScripts pre-tokenizer.',
    ],
    [
      'a split after ByteLevel',
      {
        'tokenizer.json': changed({
          pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'ByteLevel' }, { type: 'Digits' }] },
        }),
      },
      'ERR_MODEL_UNSUPPORTED',
      'found a pre-tokenizer after ByteLevel.',
    ],
    [
      'a prefix inside of splits',
      {
        'tokenizer.json': changed({
          pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel' }] },
        }),
      },
      'ERR_MODEL_UNSUPPORTED',
      'found a prefix put on every piece of a split.',
    ],
    ...[
      ['a++', 'a possessive repeat'],
      ['(?i)a', 'a group of another kind'],
      ['(?i:é)', '(?i) with é'],
      ['(?i:[a])', '(?i) with a class'],
      ['[a[b]]', 'a class in a class'],
      ['[a&&b]', '&& in a class'],
      ['^a', '^'],
      ['\\bx', '\\b'],
      ['a{,3}', '{'],
      ['a{2}+', 'a repeat of a repeat'],
      ['\\p{^L}', '\\p{^L'],
      ['(a', 'Invalid regular expression'],
      ['a)', 'an unopened group'],
      ['a*', 'a pattern that matches nothing at all'],
      ['\\', 'an unfinished pattern'],
    ].map(([pattern, found]): [string, Record<string, unknown>, string, string] => [
      `the pattern ${pattern}`,
      {
        'tokenizer.json': changed({
          pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
        }),
      },
      'ERR_MODEL_UNSUPPORTED',
      `found ${found}`,
    ]),
    [
      'a split of no known behaviour',
      {
        'tokenizer.json': changed({
          pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'Sideways' },
        }),
      },
      'ERR_MODEL_FORMAT',
      'Expected one of "Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous" for behavior in',
    ],
    [
      'another normalizer',
      { 'tokenizer.json': changed({ normalizer: { type: 'Nmt' } }) },
      'ERR_MODEL_UNSUPPORTED',
      'found a Nmt normalizer.',
    ],
    [
      'another decoder',
      { 'tokenizer.json': changed({ decoder: { type: 'CTC' } }) },
      'ERR_MODEL_UNSUPPORTED',
      'found a CTC decoder.',
    ],
    [
      'a token around texts that is none',
      {
        'tokenizer.json': changed({
          post_processor: { type: 'BertProcessing', sep: ['[SEP]', 123456], cls: ['[CLS]', 0] },
        }),
      },
      'ERR_MODEL_FORMAT',
      'Expected ids of tokens in the post_processor of DIR/tokenizer.json but found 123456, which is none.',
    ],
    [
      'another post-processor',
      { 'tokenizer.json': changed({ post_processor: { type: 'Other' } }) },
      'ERR_MODEL_UNSUPPORTED',
      'for post_processor of DIR/tokenizer.json but found Other.',
    ],
    [
      'dropout',
      { 'tokenizer.json': withModel({ dropout: 0.1 }) },
      'ERR_MODEL_UNSUPPORTED',
      'found BPE dropout',
    ],
    [
      'byte fallback to some bytes',
      {
        'tokenizer.json': {
          ...withModel({ byte_fallback: true, vocab: { ...(model.vocab as object), '<0x41>': 5000 } }),
          pre_tokenizer: null,
        },
      },
      'ERR_MODEL_FORMAT',
      'Expected tokens <0x00> to <0xFF> for byte_fallback in DIR/tokenizer.json but 255 are missing.',
    ],
    [
      'WordPiece without its unknown token',
      {
        'tokenizer.json': changed({ model: { type: 'WordPiece', vocab: { a: 0 } }, pre_tokenizer: null }),
      },
      'ERR_MODEL_FORMAT',
      'Expected the unk_token "[UNK]" in the vocabulary of DIR/tokenizer.json but it is not there.',
    ],
    [
      'an id twice',
      { 'tokenizer.json': withModel({ vocab: { ...(model.vocab as object), a: 66 } }) },
      'ERR_MODEL_FORMAT',
      'Expected every token of DIR/tokenizer.json to have an id of its own but two share one.',
    ],
    [
      'an id too large',
      { 'tokenizer.json': withModel({ vocab: { ...(model.vocab as object), a: 1e9 } }) },
      'ERR_MODEL_FORMAT',
      'as id of token "a" in DIR/tokenizer.json but received 1000000000 of type number.',
    ],
    [
      'a merge of nothing',
      { 'tokenizer.json': withModel({ merges: ['a xyz'] }) },
      'ERR_MODEL_FORMAT',
      'Expected two tokens that make a third for merge 0 of DIR/tokenizer.json but received "a xyz".',
    ],
    [
      'a taken id',
      { 'tokenizer.json': changed({ added_tokens: [{ id: 66, content: '<x>' }] }) },
      'ERR_MODEL_FORMAT',
      'Expected an id of its own for added token "<x>" in DIR/tokenizer.json but received 66, which is "b".',
    ],
    [
      'a moved id',
      { 'tokenizer.json': changed({ added_tokens: [{ id: 9000, content: 'a' }] }) },
      'ERR_MODEL_FORMAT',
      'Expected id 65 for added token "a" in DIR/tokenizer.json, as in its vocabulary, but received 9000.',
    ],
    [
      'a bad special token',
      { 'tokenizer.json': shippedJson, 'special_tokens_map.json': { pad_token: 5 } },
      'ERR_MODEL_FORMAT',
      'for pad_token in DIR/special_tokens_map.json but received 5 of type number.',
    ],
  ])('%s', async (_name, files, code, message) => {
    const directory = await directoryOf(files);
    const error = await Tokenizer.load(directory).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'InputError', code });
    expect((error as Error).message.replaceAll(directory, 'DIR')).toContain(message);
  });

  test('a file too large to be a tokenizer', async () => {
    const directory = await directoryOf({ 'tokenizer.json': '' });
    await truncate(join(directory, 'tokenizer.json'), 2 ** 30);
    await expect(Tokenizer.load(directory)).rejects.toThrow(
      /Expected at most \d+ bytes in .* but found 1073741824\./,
    );
  });
});
