/** The decoding engine: a row's text is its own, filters keep what transformers keeps, log-probabilities are score's. */

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GenerateOptions, type GenerateRow, type Generation, Model } from '../../lib/model/model.js';
import { Random } from '../../lib/random.js';
import { chiSquare, chiSquareLimit } from '../oracle/chi-square.js';
import { type ExpectedDecoder, familyFixture, readFamily, type Variant } from '../oracle/families.js';
import { distance } from '../oracle/fixtures.js';

interface Rule {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
}
interface ExpectedDecoding {
  readonly prompt: readonly number[];
  readonly cases: readonly (Rule & {
    readonly ids: readonly number[];
    readonly probabilities: readonly number[];
  })[];
  readonly greedy: readonly {
    readonly repetitionPenalty: number;
    readonly prompt: readonly number[];
    readonly tokens: readonly number[];
  }[];
}

async function readDecoding(): Promise<ExpectedDecoding> {
  return JSON.parse(await readFile(familyFixture('decoding.json'), 'utf8')) as ExpectedDecoding;
}

describe.each<Variant>(['llama3', 'qwen2-window', 'codegen', 'gemma'])('rows of %s', (variant) => {
  let model: Model;
  beforeAll(async () => {
    model = await Model.load(familyFixture(variant));
  });
  afterAll(() => model.dispose());

  const options = { maxTokens: 1, temperature: 1, topP: 0.9 };

  /** Rows of very different lengths; some continue the same array, some a part of it. */
  function rowsOf(random: Random, count: number): GenerateRow[] {
    const draw = (length: number) => Int32Array.from({ length }, () => random.integer(model.vocabularySize));
    const shared = draw(12 + random.integer(20));
    return Array.from({ length: count }, (_, i) => ({
      prompt: i % 3 === 0 ? shared : draw(1 + random.integer(40)),
      ...(i % 6 === 3 ? { start: 1 + random.integer(shared.length) } : {}),
      maxTokens: 1 + random.integer(48),
      seed: random.bits(),
    }));
  }

  test('do not depend on slots, order or neighbours: tokens bit for bit, log-probabilities but for rounding', async () => {
    const random = new Random(5);
    for (let round = 0; round < 6; round++) {
      const rows = rowsOf(random, 12);
      const alone: Generation[] = [];
      for (const row of rows) alone.push((await model.generate([row], options))[0]!);
      for (const batchRows of [1, 2, 3, 8, 64]) {
        expectSame(await model.generate(rows, { ...options, batchRows }), alone);
      }
      const order = random.shuffle(rows.map((_, i) => i));
      const shuffled = await model.generate(
        order.map((i) => rows[i]!),
        { ...options, batchRows: 3 },
      );
      expectSame(
        shuffled,
        order.map((i) => alone[i]!),
      );
      const others = rowsOf(random, 9);
      const among = await model.generate([...others, ...rows, ...others.toReversed()], {
        ...options,
        batchRows: 5,
      });
      expectSame(among.slice(others.length, others.length + rows.length), alone);
    }
  });

  test('without a seed of their own depend on the seed of the call and their index', async () => {
    const prompt = Int32Array.of(3, 1, 4, 1, 5);
    const draw = (seed: number, count: number, batchRows: number) =>
      model.generate(
        Array.from({ length: count }, () => ({ prompt })),
        { ...options, maxTokens: 40, seed, batchRows },
      );
    const texts = (out: readonly Generation[]) => out.map(({ tokens }) => tokens.join());
    for (let seed = 0; seed < 20; seed++) {
      const first = texts(await draw(seed, 6, 6));
      expect(texts(await draw(seed, 11, 4)).slice(0, 6)).toEqual(first);
      // Greedy text would be the same for all.
      expect(new Set(first).size).toBeGreaterThan(3);
    }
    expect(texts(await draw(1, 6, 6))).not.toEqual(texts(await draw(2, 6, 6)));
  });

  test('tell the log-probabilities that score gives, whatever temperature and filters', async () => {
    const rows = rowsOf(new Random(6), 10);
    const settings = { maxTokens: 1, temperature: 0.7, topK: 12, minP: 0.02, repetitionPenalty: 1.3 };
    const out = await model.generate(rows, settings);
    for (const [i, { tokens, logprobs }] of out.entries()) {
      const { prompt, start = prompt.length } = rows[i]!;
      const [score] = await model.score([Int32Array.from([...prompt.slice(0, start), ...tokens])]);
      expect(distance(logprobs, score!.logprobs.slice(start - 1))).toBeLessThan(1e-4);
    }
  });
});

function expectSame(actual: readonly Generation[], expected: readonly Generation[]): void {
  expect(actual.map(({ tokens, stopReason }) => ({ tokens, stopReason }))).toEqual(
    expected.map(({ tokens, stopReason }) => ({ tokens, stopReason })),
  );
  for (const [i, { logprobs }] of actual.entries()) {
    expect(distance(logprobs, expected[i]!.logprobs)).toBeLessThan(1e-5);
  }
}

describe('stopping', () => {
  test('any of several stop ids ends its row and no other, and says so', async () => {
    const { greedy } = await readFamily<ExpectedDecoder>('llama');
    await using model = await Model.load(familyFixture('llama'));
    const rows = greedy.map(({ prompt }) => ({ prompt: Int32Array.from(prompt) }));
    const stopIds = [greedy[0]!.tokens[5]!, greedy[1]!.tokens[0]!, greedy[3]!.tokens[20]!];
    for (const batchRows of [1, 2, 64]) {
      const out = await model.generate(rows, { maxTokens: 64, temperature: 0, stopIds, batchRows });
      for (const [i, { tokens, logprobs, stopReason }] of out.entries()) {
        const whole = greedy[i]!.tokens;
        const at = whole.findIndex((token) => stopIds.includes(token));
        expect([...tokens]).toEqual(at < 0 ? whole : whole.slice(0, at + 1));
        expect(logprobs).toHaveLength(tokens.length);
        expect(stopReason).toBe(at < 0 ? 'length' : 'stop');
      }
      expect(out[1]!.tokens).toHaveLength(1);
    }
  });

  test('a stop id as the last allowed token is a stop', async () => {
    const { greedy } = await readFamily<ExpectedDecoder>('llama');
    await using model = await Model.load(familyFixture('llama'));
    const { prompt, tokens } = greedy[2]!;
    const stopIds = [tokens[3]!];
    const maxTokens = tokens.indexOf(tokens[3]!) + 1;
    const [out] = await model.generate([{ prompt: Int32Array.from(prompt) }], {
      maxTokens,
      temperature: 0,
      stopIds,
    });
    expect(out!.stopReason).toBe('stop');
  });
});

describe('filters', () => {
  test('keep the tokens and the probabilities that transformers keeps', async () => {
    const { prompt, cases } = await readDecoding();
    await using model = await Model.load(familyFixture('llama'));
    const draws = 4000;
    const tokens = Int32Array.from(prompt);
    const rows = Array.from({ length: draws }, () => ({ prompt: tokens }));
    for (const [seed, { ids, probabilities, ...rule }] of cases.entries()) {
      const out = await model.generate(rows, { ...rule, maxTokens: 1, seed, batchRows: 1000 });
      const counts = new Map<number, number>();
      for (const { tokens: drawn } of out) counts.set(drawn[0]!, (counts.get(drawn[0]!) ?? 0) + 1);
      expect([...counts.keys()].filter((id) => !ids.includes(id))).toEqual([]);
      // A kept token that is likely enough to be seen is seen.
      const missed = ids.filter((id, i) => probabilities[i]! * draws > 20 && !counts.has(id));
      expect(missed).toEqual([]);
      const { statistic, degrees } = chiSquare(
        ids.map((id) => counts.get(id) ?? 0),
        probabilities,
      );
      if (degrees > 0) expect(statistic).toBeLessThan(chiSquareLimit(degrees));
    }
  });

  test('a repetition penalty counts prompt and new tokens, each once', async () => {
    const { greedy } = await readDecoding();
    await using model = await Model.load(familyFixture('llama'));
    for (const { repetitionPenalty, prompt, tokens } of greedy) {
      const row = { prompt: Int32Array.from(prompt) };
      const settings: GenerateOptions = { maxTokens: 64, temperature: 0, repetitionPenalty };
      const [alone] = await model.generate([row], settings);
      expect([...alone!.tokens]).toEqual(tokens);
      // What a neighbour holds is not penalized.
      const other = { prompt: Int32Array.from({ length: 30 }, (_, i) => i * 3) };
      const [, beside] = await model.generate([other, row], settings);
      expect([...beside!.tokens]).toEqual(tokens);
    }
  });
});

test('a decaying temperature applies by position in the row, also to a row that enters late', async () => {
  const { greedy } = await readFamily<ExpectedDecoder>('llama');
  await using model = await Model.load(familyFixture('llama'));
  const { prompt, tokens } = greedy[2]!;
  // Wild first, then greedy: every row goes on as greedy decoding from its own second token would.
  const row = { prompt: Int32Array.from(prompt) };
  const rows = Array.from({ length: 40 }, (_, i) => ({ ...row, maxTokens: 2 + (i % 7) }));
  const out = await model.generate(rows, { maxTokens: 1, temperature: [0, 30, 0], batchRows: 4, seed: 9 });
  expect(out.every((each) => each.tokens[0] === tokens[0])).toBe(true);
  expect(new Set(out.map((each) => each.tokens[1])).size).toBeGreaterThan(20);
  const continued = await model.generate(
    out.map((each, i) => ({
      prompt: Int32Array.from([...prompt, ...each.tokens.slice(0, 2)]),
      maxTokens: rows[i]!.maxTokens - 2,
    })),
    { maxTokens: 1, temperature: 0 },
  );
  expect(out.map((each) => [...each.tokens.slice(2)])).toEqual(continued.map((each) => [...each.tokens]));
});
