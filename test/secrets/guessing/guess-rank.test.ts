/** Guess ranks by the definition taken literally, on a model that half knows its documents (test/oracle/apart_probe.py). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { deriveSeed, Random } from '../../../lib/random.js';
import { type GuessSubject, measureGuessRank } from '../../../lib/secrets/guessing/guess-rank.js';
import { drawerLike } from '../../../lib/secrets/guessing/random-like.js';
import type { Secret } from '../../../lib/secrets/secret.js';

const MODEL = fileURLToPath(new URL('../../fixtures/memorization/apart', import.meta.url));
let model: Model;
let tokenizer: Tokenizer;
let records: readonly { readonly id: string; readonly text: string; readonly secrets: readonly Secret[] }[];

beforeAll(async () => {
  model = await Model.load(MODEL);
  tokenizer = await Tokenizer.load(MODEL);
  records = JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8'));
});
afterAll(() => model.dispose());

const encode = (text: string) => tokenizer.encode(text);
const subjects = (): GuessSubject[] =>
  records.flatMap(({ id, text, secrets }) => secrets.map((secret) => ({ id, text, secret, encode })));

/** Log-probability of the whole document to the end of the secret: what strings share adds the same to each. */
async function wholeLogp({ text, secret }: GuessSubject, value: string): Promise<number> {
  const changed = text.slice(0, secret.start) + value + text.slice(secret.end);
  const { tokens, offsets } = tokenizer.encode(changed);
  let last = 0;
  for (let i = 0; i < tokens.length; i++) if (offsets[2 * i]! < secret.start + value.length) last = i;
  const [score] = await model.score([tokens.subarray(0, last + 1)]);
  return score!.logprobs.reduce((sum, logprob) => sum + logprob, 0);
}

test('equals the count over whole documents', async () => {
  const [guesses, seed, prefixTokens] = [60, 5, 1000];
  for (const subject of subjects()) {
    const rank = await measureGuessRank(model, subject, { guesses, seed, prefixTokens });
    const random = new Random(deriveSeed(seed, 'guesses', subject.id, subject.secret.start));
    const draw = drawerLike(subject.secret.value);
    const own = await wholeLogp(subject, subject.secret.value);
    let atLeast = 0;
    for (let i = 0; i < guesses; i++) if ((await wholeLogp(subject, draw(random))) >= own) atLeast++;
    expect(rank).toBe((1 + atLeast) / (1 + guesses));
  }
});

test('what the model learned ranks first, what it never saw anywhere', async () => {
  const ranks: number[] = [];
  const strangers: number[] = [];
  for (const subject of subjects()) {
    const { id, text, secret } = subject;
    if (secret.value.length < 20) continue;
    ranks.push(await measureGuessRank(model, subject, { guesses: 99 }));
    for (const seed of [1, 2]) {
      const value = drawerLike(secret.value)(new Random(deriveSeed(seed, 'stranger', id, secret.start)));
      const changed = text.slice(0, secret.start) + value + text.slice(secret.end);
      const other = { ...secret, value, end: secret.start + value.length };
      strangers.push(
        await measureGuessRank(model, { id, text: changed, secret: other, encode }, { guesses: 99 }),
      );
    }
  }
  expect(ranks.length).toBeGreaterThan(5);
  expect(Math.max(...ranks)).toBeLessThan(0.05);
  const mean = strangers.reduce((sum, rank) => sum + rank, 0) / strangers.length;
  expect(mean).toBeGreaterThan(0.3);
  expect(mean).toBeLessThan(0.7);
});

test('the seed decides, and the place; a format of one string has no rank but the last', async () => {
  const text = 'x = 1\nkey = "abc"\nkey = "abc"\nrule = "***"\nip = 10.2.3.4\n';
  const at = (value: string, start: number): GuessSubject => ({
    ...{ id: 'a', text, encode },
    secret: { tag: 'KEY', type: 'made up', value, start, end: start + value.length },
  });
  const ranks = await Promise.all(
    [1, 1, 2].map((seed) => measureGuessRank(model, at('abc', text.indexOf('abc')), { seed, guesses: 500 })),
  );
  expect(ranks[0]).toBe(ranks[1]);
  expect(ranks[2]).not.toBe(ranks[0]);
  expect(await measureGuessRank(model, at('***', text.indexOf('***')))).toBe(1);
  const address = await measureGuessRank(model, at('10.2.3.4', text.indexOf('10.')), { guesses: 20 });
  expect(address).toBeGreaterThanOrEqual(1 / 21);
  // Nothing predicts the first token of a text.
  expect(await measureGuessRank(model, at('x', 0))).toBeNaN();
});
