/** Scores, windows and AUC equal those of transformers, Python's zlib and counted pairs (test/oracle/make_ranking_oracle.py). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AbortedError } from '../../../lib/errors.js';
import { likelihoodOf } from '../../../lib/memorization/ranking/likelihood.js';
import { judgeScore } from '../../../lib/memorization/ranking/quality.js';
import type { ScoredOutput } from '../../../lib/memorization/ranking/records.js';
import {
  type RankingModel,
  type ScoreOutputsOptions,
  scoreOutputs,
} from '../../../lib/memorization/ranking/score-outputs.js';
import { scoresOf } from '../../../lib/memorization/ranking/scores.js';
import { zlibSize } from '../../../lib/memorization/ranking/zlib-size.js';
import { Model } from '../../../lib/model/model.js';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { Random } from '../../../lib/random.js';

type Expected = Omit<ScoredOutput, 'id'> & { readonly text: string; readonly memorized: boolean };

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/memorization/ranking/${name}`, import.meta.url));
const read = async <T>(name: string) => JSON.parse(await readFile(fixture(name), 'utf8')) as T;

let first: RankingModel;
let second: RankingModel;
let oracle: {
  readonly share: number;
  readonly window: number;
  readonly outputs: readonly Expected[];
  readonly auc: Readonly<Record<string, number>>;
};

async function load(name: string): Promise<RankingModel> {
  return { model: await Model.load(fixture(name)), tokenizer: await Tokenizer.load(fixture(name)) };
}

beforeAll(async () => {
  [first, second, oracle] = [await load('first'), await load('second'), await read('expected.json')];
});
afterAll(async () => {
  await first.model.dispose();
  await second.model.dispose();
});

async function scored(
  texts: readonly string[],
  options: ScoreOutputsOptions = {},
  models: readonly [RankingModel, RankingModel?] = [first, second],
): Promise<{ outputs: ScoredOutput[]; cut: string[] }> {
  const outputs: ScoredOutput[] = [];
  const cut: string[] = [];
  const source = texts.map((text, i) => ({ id: String(i), text }));
  for await (const event of scoreOutputs(models[0], models[1], source, options)) {
    if (event.type === 'scored') outputs.push(...event.outputs);
    if (event.type === 'cut') cut.push(event.id);
  }
  return { outputs, cut };
}

/** Relative, as issued: 1e-4. */
function close(actual: number | null | undefined, expected: number | null | undefined, what: string): void {
  if (typeof expected !== 'number' || typeof actual !== 'number') expect(actual, what).toBe(expected);
  else
    expect(Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-9), what).toBeLessThanOrEqual(1e-4);
}

describe('against transformers', () => {
  test('every figure and every score of every output', async () => {
    const { outputs, cut } = await scored(
      oracle.outputs.map(({ text }) => text),
      { windows: oracle.window, minK: oracle.share },
    );
    expect(outputs).toHaveLength(oracle.outputs.length);
    for (const [i, output] of outputs.entries()) {
      const wanted = oracle.outputs[i]!;
      expect(output.tokens, wanted.text).toBe(wanted.tokens);
      expect(output.cut, wanted.text).toBe(wanted.cut);
      expect(output.zlibBytes, wanted.text).toBe(wanted.zlibBytes);
      expect(output.windows, wanted.text).toBe(wanted.windows);
      close(output.perplexity, wanted.perplexity, 'perplexity');
      close(output.perplexity2, wanted.perplexity2, 'perplexity2');
      close(output.perplexityLower, wanted.perplexityLower, 'perplexityLower');
      expect(Object.keys(output.scores)).toEqual(Object.keys(wanted.scores));
      for (const [name, value] of Object.entries(wanted.scores))
        close(output.scores[name], value, `${name} of ${JSON.stringify(wanted.text)}`);
    }
    expect(cut).toHaveLength(1);
    expect(outputs.filter((output) => output.cut).map(({ id }) => id)).toEqual(cut);
  });

  test('the AUC of every score', async () => {
    const { outputs } = await scored(
      oracle.outputs.map(({ text }) => text),
      { windows: oracle.window, minK: oracle.share },
    );
    const memorized = Uint8Array.from(oracle.outputs, (output) => Number(output.memorized));
    for (const [name, auc] of Object.entries(oracle.auc)) {
      const values = Float64Array.from(outputs, ({ scores }) => scores[name] ?? Number.NaN);
      expect(judgeScore(name, values, memorized).auc, name).toBeCloseTo(auc, 12);
    }
  });

  test('without a second model and without windows the rest is the same, and nothing more', async () => {
    const texts = oracle.outputs.slice(0, 4).map(({ text }) => text);
    const { outputs } = await scored(texts, {}, [first]);
    expect(outputs).toHaveLength(4);
    for (const [i, output] of outputs.entries()) {
      expect(Object.keys(output)).toEqual([
        ...['id', 'tokens', 'cut', 'zlibBytes', 'perplexity', 'perplexityLower', 'scores'],
      ]);
      expect(Object.keys(output.scores)).toEqual(['perplexity', 'lowercase', 'zlib', 'minK', 'minKPlusPlus']);
      close(output.scores.zlib, oracle.outputs[i]!.scores.zlib, 'zlib');
    }
  });
});

describe('scoring', () => {
  const texts = () => oracle.outputs.map(({ text }) => text);

  test('an output has the same scores in any company', async () => {
    const random = new Random(5);
    const many = Array.from({ length: 70 }, () => random.pick(texts()));
    const { outputs } = await scored(many, { windows: 3 });
    for (const i of [0, 17, 33, 69]) {
      const [alone] = (await scored([many[i]!], { windows: 3 })).outputs;
      for (const [name, value] of Object.entries(alone!.scores)) close(outputs[i]!.scores[name], value, name);
    }
  });

  test('an interrupted run goes on where it was', async () => {
    const { outputs } = await scored(texts(), { skip: 20 });
    expect(outputs.map(({ id }) => id)).toEqual(['20', '21']);
    close(outputs[0]!.scores.zlib, oracle.outputs[20]!.scores.zlib, 'zlib');
  });

  test('progress counts outputs, those of an earlier run too', async () => {
    const source = texts().map((text, i) => ({ id: String(i), text }));
    const seen: (readonly [number, number | undefined])[] = [];
    for await (const event of scoreOutputs(first, second, source, { skip: 20, total: 22 }))
      if (event.type === 'progress') seen.push([event.done, event.total]);
    expect(seen).toEqual([
      [20, 22],
      [22, 22],
    ]);
  });

  test('a text that the model is certain of has finite scores', async () => {
    const zero = { logPerplexity: 0, minK: 0, minKPlusPlus: 0 };
    const scores = scoresOf({ first: zero, second: zero, lower: zero, zlibBytes: 40 });
    expect(scores.zlib).toBe(40 / 1e-6);
    expect([scores.smallFirst, scores.largeFirst]).toEqual([1, 1]);
    expect(scores.lowercase).toBe(0);
  });

  test('Min-K looks at one token at least', () => {
    const logprobs = Float32Array.of(-1, -3, -2);
    const flat = { logprobs, means: new Float32Array(3), variances: new Float32Array(3).fill(1) };
    expect(likelihoodOf(flat, 0.2).minK).toBe(-3);
    expect(likelihoodOf(flat, 0.7)).toEqual({ logPerplexity: 2, minK: -2.5, minKPlusPlus: -2.5 });
    // The deviation counts as 1e-3 at least.
    expect(likelihoodOf({ ...flat, variances: new Float32Array(3) }, 0.2).minKPlusPlus).toBeCloseTo(-3000, 6);
  });

  test('models with different tokenizers are refused', async () => {
    const other = { model: second.model, tokenizer: { encode: () => ({ tokens: Int32Array.of(1, 2) }) } };
    const scoring = scored(['some text here'], {}, [first, other as unknown as RankingModel]);
    await expect(scoring).rejects.toThrow(
      /^Expected two models that share a tokenizer but output "0" is encoded as \d+ tokens for the first and as 2 tokens for the second\.$/,
    );
  });

  test('an abort stops it', async () => {
    await expect(scored(texts(), { signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
  });

  test.each([
    [{ windows: 0 }, /Expected a number >= 1 for windows/],
    [{ minK: 0 }, /Expected a number > 0 for minK/],
    [{ minK: 1.5 }, /Expected a number <= 1 for minK/],
    [{ window: 6 }, /Expected only known keys .* "window"/],
  ])('%j is refused', async (options, expected) => {
    await expect(scored(['a b c'], options as ScoreOutputsOptions)).rejects.toThrow(expected);
  });
});

describe('zlib', () => {
  test('sizes of texts and of bytes are those of Python, to the byte', async () => {
    const cases = await read<[number, number, number, number, number][]>('zlib.json');
    expect(cases.length).toBeGreaterThan(150);
    for (const [seed, count, alphabet, copies, size] of cases)
      expect(
        zlibSize(madeBytes(seed, count, alphabet, copies)),
        `${seed} ${count} ${alphabet} ${copies}`,
      ).toBe(size);
  });
});

/** `made_bytes` of the oracle. */
function madeBytes(seed: number, count: number, alphabet: number, copies: number): Uint8Array {
  let state = seed;
  const draw = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 12) % limit;
  };
  const out: number[] = [];
  while (out.length < count) {
    if (out.length > 0 && draw(100) < copies) {
      const distance = 1 + draw(Math.min(out.length, 40000));
      for (let left = 3 + draw(60); left > 0; left--) out.push(out[out.length - distance]!);
    } else out.push(draw(alphabet));
  }
  return Uint8Array.from(out.slice(0, count));
}
