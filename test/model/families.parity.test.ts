/** Every decoder of the table against transformers (test/oracle/families.py): scores, logits, greedy text, files. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import {
  DECODERS,
  type ExpectedDecoder,
  familyFixture,
  readFamily,
  respelled,
  spellingsOf,
  tokensOf,
} from '../oracle/families.js';
import { distance } from '../oracle/fixtures.js';

const NEW_TOKENS = 64;
const GREEDY = { maxTokens: NEW_TOKENS, temperature: 0 };

/** log-softmax of a row of logits. */
function logSoftmax(logits: readonly number[]): number[] {
  const normalizer = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
  return logits.map((value) => value - normalizer);
}

/** The whole distribution after a prefix, from the score of every token in its place. */
async function distributionAfter(model: Model, prefix: readonly number[]): Promise<number[]> {
  const candidates = Array.from({ length: model.vocabularySize }, (_, token) =>
    Int32Array.from([...prefix, token]),
  );
  const scores = await model.score(candidates);
  return scores.map((score) => score.logprobs.at(-1)!);
}

function meanLoss(logprobs: Float32Array): number {
  return -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
}

describe.each(DECODERS)('%s', (variant) => {
  test('log-probabilities, hits, ranks, moments and loss of a ragged batch', async () => {
    const expected = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    expect(model.parameterCount).toBe(expected.parameterCount);
    const scores = await model.score(tokensOf(expected.scores));
    for (const [i, score] of scores.entries()) {
      const wanted = expected.scores[i]!;
      expect(distance(score.logprobs, wanted.logprobs)).toBeLessThan(1e-4);
      expect([...score.hits]).toEqual(wanted.hits);
      expect([...score.ranks]).toEqual(wanted.ranks);
      expect(distance(score.means, wanted.means)).toBeLessThan(1e-4);
      // A variance weighs squares of log-probabilities of about -20.
      expect(distance(score.variances, wanted.variances)).toBeLessThan(1e-3);
      if (wanted.loss === null) expect(score.logprobs).toHaveLength(0);
      else expect(Math.abs(meanLoss(score.logprobs) - wanted.loss)).toBeLessThan(1e-5);
    }
  });

  test('whole rows of logits', async () => {
    const expected = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    for (const { sequence, position, values } of expected.logits) {
      const prefix = expected.scores[sequence]!.tokens.slice(0, position + 1);
      expect(distance(await distributionAfter(model, prefix), logSoftmax(values))).toBeLessThan(1e-4);
    }
  });

  test('a greedy continuation of 64 tokens, alone, beside others, in few slots and from its middle', async () => {
    const { greedy } = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    const rows = greedy.map(({ prompt }) => ({ prompt: Int32Array.from(prompt) }));
    const wanted = greedy.map(({ tokens }) => tokens);
    for (const batchRows of [1, 2, 32]) {
      const out = await model.generate(rows, { ...GREEDY, batchRows });
      expect(out.map(({ tokens }) => [...tokens])).toEqual(wanted);
      expect(out.every(({ stopReason }) => stopReason === 'length')).toBe(true);
    }
    const { prompt, tokens } = greedy[3]!;
    const whole = Int32Array.from([...prompt, ...tokens]);
    const starts = [prompt.length, prompt.length + 9, whole.length - 1];
    const continued = await model.generate(
      starts.map((start) => ({ prompt: whole, start, maxTokens: whole.length - start })),
      GREEDY,
    );
    expect(continued.map((row) => [...row.tokens])).toEqual(starts.map((start) => [...whole.slice(start)]));
  });

  test('hidden states after every layer', async () => {
    const { hidden } = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    for (const { tokens, layers } of hidden) {
      const sequence = Int32Array.from(tokens);
      for (const [layer, states] of layers.entries()) {
        // transformers' last entry has passed the final norm, as ours has by default.
        const options = layer === layers.length - 1 ? {} : { layer };
        const [encoded] = await model.encode([sequence], options);
        expect(distance(encoded!, states)).toBeLessThan(1e-4);
      }
    }
  });

  test('every spelling of the config is the same model', async () => {
    const expected = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    const wanted = await model.score(tokensOf(expected.scores));
    const spellings = await spellingsOf(variant);
    expect(spellings).toContain('transformers-5');
    for (const spelling of spellings) {
      const scores = await respelled(variant, spelling, async (directory) => {
        await using other = await Model.load(directory);
        return other.score(tokensOf(expected.scores));
      });
      expect(scores).toEqual(wanted);
    }
  });

  test('what is saved, in one file or in shards, is the same model bit for bit', async () => {
    const expected = await readFamily<ExpectedDecoder>(variant);
    const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
    try {
      await using model = await Model.load(familyFixture(variant));
      const wanted = await model.score(tokensOf(expected.scores));
      for (const maxShardBytes of [20_000, undefined]) {
        const saved = join(directory, String(maxShardBytes));
        await model.save(saved, maxShardBytes === undefined ? {} : { maxShardBytes });
        const shards = (await readdir(saved)).filter((file) => file.endsWith('.safetensors'));
        if (maxShardBytes === undefined) expect(shards).toEqual(['model.safetensors']);
        else expect(shards.length).toBeGreaterThan(3);
        await using again = await Model.load(saved);
        expect(await again.score(tokensOf(expected.scores))).toEqual(wanted);
      }
      // The original's fields stay, but for the dtype, which is now that of the computation.
      const config = JSON.parse(await readFile(join(directory, 'undefined', 'config.json'), 'utf8'));
      const { torch_dtype, ...original } = model.config;
      expect(torch_dtype).toBeDefined();
      expect(config).toMatchObject(original);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

// Half precision moves sharp predictions far, whoever computes them: the measure is how far transformers moves.
describe.each(['bfloat16', 'float16'] as const)('in %s', (dtype) => {
  test.each(DECODERS)('%s is as near float32 as transformers is', async (variant) => {
    const expected = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant), { dtype });
    const scores = await model.score(tokensOf(expected.scores));
    const errors = scores.flatMap(({ logprobs }, i) =>
      Array.from(logprobs, (value, t) => value - expected.scores[i]!.logprobs[t]!),
    );
    expect(rootMeanSquare(errors)).toBeLessThan(1.25 * expected.halfErrors[dtype]);
  });

  // Weights as flat as trained ones are.
  test.each(['codegen-bin', 'llama-bfloat16', 'qwen2-float16'] as const)(
    '%s: rows of logits',
    async (variant) => {
      const expected = await readFamily<ExpectedDecoder>(variant);
      await using model = await Model.load(familyFixture(variant), { dtype });
      for (const { sequence, position, values } of expected.logits) {
        const prefix = expected.scores[sequence]!.tokens.slice(0, position + 1);
        const wanted = logSoftmax(values);
        const errors = (await distributionAfter(model, prefix)).map((value, token) => value - wanted[token]!);
        expect(rootMeanSquare(errors)).toBeLessThan(1e-2);
      }
    },
  );
});

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
