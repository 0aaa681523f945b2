/** Greedy continuations and sampling distributions against transformers (test/oracle/gpt2.py, sampling.py). */
import { describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { fixture, readExpected, readFixture, VARIANTS } from '../../oracle/fixtures.js';

const NEW_TOKENS = 64;

describe.each(VARIANTS)('%s', (variant) => {
  test('greedy continuations: alone, in a ragged batch, and as rows over one prefill', async () => {
    const { greedy } = await readExpected(variant);
    await using model = await Model.load(fixture(`gpt2-${variant}`));
    const options = { maxTokens: NEW_TOKENS, temperature: 0 };
    const rows = greedy.map(({ prompt }) => ({ prompt: Int32Array.from(prompt) }));
    const together = await model.generate(rows, options);
    expect(together.map(({ tokens }) => [...tokens])).toEqual(greedy.map(({ tokens }) => tokens));
    expect(together.every(({ stopReason }) => stopReason === 'length')).toBe(true);
    for (const [i, row] of rows.entries()) {
      const [alone] = await model.generate([row], options);
      expect([...alone!.tokens]).toEqual(greedy[i]!.tokens);
    }
    // Continuing a greedy continuation from any place in it goes the same way.
    const { prompt, tokens } = greedy[3]!;
    const whole = Int32Array.from([...prompt, ...tokens]);
    const starts = [prompt.length, prompt.length + 1, prompt.length + 30, whole.length - 1];
    const continued = await model.generate(
      starts.map((start) => ({ prompt: whole, start, maxTokens: whole.length - start })),
      { maxTokens: 1, temperature: 0 },
    );
    expect(continued.map((row) => [...row.tokens])).toEqual(starts.map((start) => [...whole.slice(start)]));
  });
});

test('a stop id ends its row and no other', async () => {
  const { greedy } = await readExpected('plain');
  await using model = await Model.load(fixture('gpt2-plain'));
  const stop = greedy[0]!.tokens[5]!;
  const rows = greedy.map(({ prompt }) => ({ prompt: Int32Array.from(prompt) }));
  const out = await model.generate(rows, { maxTokens: NEW_TOKENS, temperature: 0, stopIds: [stop] });
  for (const [i, { tokens, stopReason }] of out.entries()) {
    const at = greedy[i]!.tokens.indexOf(stop);
    expect([...tokens]).toEqual(at < 0 ? greedy[i]!.tokens : greedy[i]!.tokens.slice(0, at + 1));
    expect(stopReason).toBe(at < 0 ? 'length' : 'stop');
  }
});

interface SamplingCase {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
}

/** The value that a chi-square variable of `degrees` exceeds with probability 1e-4 (Wilson and Hilferty 1931). */
function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

test('sampling keeps the tokens and the probabilities of transformers', async () => {
  const { prompt, cases } = await readFixture<{ prompt: number[]; cases: SamplingCase[] }>('sampling.json');
  await using model = await Model.load(fixture('gpt2-plain'));
  const draws = 4000;
  const tokens = Int32Array.from(prompt);
  const rows = Array.from({ length: draws }, () => ({ prompt: tokens }));
  for (const [seed, { temperature, topK, topP, ids, probabilities }] of cases.entries()) {
    const out = await model.generate(rows, { maxTokens: 1, temperature, topK, topP, seed, batchRows: 1000 });
    const counts = new Map<number, number>();
    for (const row of out) counts.set(row.tokens[0]!, (counts.get(row.tokens[0]!) ?? 0) + 1);
    const kept = new Map(ids.map((id, i) => [id, probabilities[i]!]));
    expect([...counts.keys()].filter((id) => !kept.has(id))).toEqual([]);
    // Pearson's statistic; tokens that are too rare for it to hold are one class.
    const classes = ids.map((id, i) => ({ count: counts.get(id) ?? 0, share: probabilities[i]! }));
    const common = classes.filter(({ share }) => share * draws >= 5);
    const rare = classes.filter(({ share }) => share * draws < 5);
    const rest = rare.reduce(
      (sum, { count, share }) => ({ count: sum.count + count, share: sum.share + share }),
      { count: 0, share: 0 },
    );
    const used = rest.share * draws >= 5 ? [...common, rest] : common;
    const statistic = used.reduce(
      (sum, { count, share }) => sum + (count - share * draws) ** 2 / (share * draws),
      0,
    );
    if (used.length > 1) expect(statistic).toBeLessThan(chiSquareLimit(used.length - 1));
    else expect(counts.get(ids[0]!)).toBe(draws);
  }
});

test('a schedule of temperatures applies by position, the last one from there on', async () => {
  const { greedy } = await readExpected('plain');
  await using model = await Model.load(fixture('gpt2-plain'));
  const prompt = Int32Array.from(greedy[4]!.prompt);
  const rows = Array.from({ length: 200 }, () => ({ prompt }));
  const out = await model.generate(rows, { maxTokens: 3, temperature: [0, 50, 0], seed: 3 });
  expect(new Set(out.map(({ tokens }) => tokens[0]))).toEqual(new Set([greedy[4]!.tokens[0]]));
  // At temperature 50 the 61 tokens are about equally likely: 200 draws leave few of them out.
  expect(new Set(out.map(({ tokens }) => tokens[1])).size).toBeGreaterThan(40);
  const bySecond = new Map<number, Set<number>>();
  for (const { tokens } of out) {
    const thirds = bySecond.get(tokens[1]!) ?? new Set();
    bySecond.set(tokens[1]!, thirds.add(tokens[2]!));
  }
  expect([...bySecond.values()].every((thirds) => thirds.size === 1)).toBe(true);
});
