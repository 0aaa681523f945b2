import { expect, test } from 'vitest';
import { startTokenOf } from '../../lib/cli/sampling-prompts.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';

test('--start-token is an id, or the text of one token, special ones too', async () => {
  const tokenizer = await Tokenizer.load('assets/tokenizer');
  const { vocabularySize } = tokenizer;
  const of = (named: string) => startTokenOf(named, tokenizer, { vocabularySize });
  expect(of('17')).toBe(17);
  const end = tokenizer.eosId!;
  expect(of(tokenizer.decode([end]))).toBe(end);
  expect(of('def')).toBe(tokenizer.encode('def').tokens[0]);
  expect(() => of(String(vocabularySize))).toThrow(`"${vocabularySize}" is not below ${vocabularySize}`);
  expect(() => of('a sentence of words')).toThrow(/is \d+ tokens\.$/);
  expect(() => of('')).toThrow(/"" is 0 tokens\.$/);
});
