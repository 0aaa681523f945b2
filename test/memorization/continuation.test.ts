/** Continuations by the definition taken literally: greedy tokens one at a time, decoded, compared by BLEU. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sentenceBleu } from '../../lib/memorization/bleu.js';
import { measureContinuations } from '../../lib/memorization/continuation.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';

const MODEL = fileURLToPath(new URL('../fixtures/memorization/apart', import.meta.url));

test('of documents that a model half knows, in either unit, and none of documents that are too short', async () => {
  await using model = await Model.load(MODEL);
  const tokenizer = await Tokenizer.load(MODEL);
  const records = JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8')) as { text: string }[];
  const texts = [...records.map(({ text }) => text), 'import os\n'];
  const sequences = texts.map((text) => tokenizer.encode(text).tokens);
  const [prefixTokens, suffixTokens] = [16, 32];
  const naive: ({ characters: number; tokens: number; text: string } | undefined)[] = [];
  for (const tokens of sequences) {
    if (tokens.length < prefixTokens + suffixTokens) {
      naive.push(undefined);
      continue;
    }
    const made: number[] = [];
    while (made.length < suffixTokens) {
      const prompt = Int32Array.of(...tokens.subarray(0, prefixTokens), ...made);
      const [next] = await model.generate([{ prompt }], { maxTokens: 1, temperature: 0 });
      made.push(next!.tokens[0]!);
    }
    const suffix = tokens.slice(prefixTokens, prefixTokens + suffixTokens);
    const text = tokenizer.decode(made);
    naive.push({
      ...{ characters: sentenceBleu(tokenizer.decode(suffix), text), tokens: sentenceBleu(suffix, made) },
      text,
    });
  }
  for (const unit of ['characters', 'tokens'] as const) {
    const measured = await drain(
      measureContinuations(model, tokenizer, sequences, { prefixTokens, suffixTokens, unit }),
    );
    expect(measured).toEqual(
      naive.map((each) => (each === undefined ? undefined : { bleu4: each[unit], text: each.text })),
    );
  }
  const values = naive.flatMap((each) => (each === undefined ? [] : [each.characters]));
  expect(values.length).toBeLessThan(sequences.length);
  expect(new Set(values).size).toBeGreaterThan(3);
});

test('an end-of-text token ends what is written, and is no part of it', async () => {
  await using model = await Model.load(MODEL);
  const tokenizer = await Tokenizer.load(MODEL);
  const { tokens } = tokenizer.encode('import os\nimport os\nimport os\nimport os\n');
  const sizes = { prefixTokens: 4, suffixTokens: 8 };
  const [free] = await drain(measureContinuations(model, tokenizer, [tokens], sizes));
  const [generation] = await model.generate([{ prompt: tokens, start: 4 }], { maxTokens: 8, temperature: 0 });
  const made = generation!.tokens;
  const stopIds = [made[2]!];
  const [stopped] = await drain(measureContinuations(model, tokenizer, [tokens], { ...sizes, stopIds }));
  const until = made.indexOf(stopIds[0]!) + 1;
  expect(stopped!.text).toBe(tokenizer.decode(made.slice(0, until)));
  expect(free!.text.startsWith(stopped!.text)).toBe(true);
});
