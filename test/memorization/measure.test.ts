import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureLoss } from '../../lib/memorization/loss.js';
import { measureMemorization } from '../../lib/memorization/measure.js';
import { measureSecrets } from '../../lib/memorization/measure-secrets.js';
import { computeThresholds } from '../../lib/memorization/thresholds.js';
import type { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { naiveMemorization } from './naive.js';
import { CONTEXT, memorize, sequencesOf, tinyModel, VOCABULARY } from './tiny.js';

const EL = [3, 5, 10];
const known = sequencesOf(6, 20, CONTEXT, 3);
const unseen = sequencesOf(4, 8, 40, 4);
let model: Model;

beforeAll(async () => {
  model = await tinyModel();
  // Between ignorance and perfection, where MA and EL_n lie strictly between 0 and 1.
  await memorize(model, known, 1);
});
afterAll(() => model.dispose());

const greedy = async (prefix: Int32Array, count: number): Promise<Int32Array> => {
  const [row] = await model.generate([{ prompt: prefix }], { maxTokens: count, temperature: 0 });
  return row!.tokens;
};

describe('measureMemorization', () => {
  test('equals the naive definition exactly on a model that has memorized a part', async () => {
    const sequences = [...known, ...unseen];
    const { aggregate, perExample } = await drain(measureMemorization(model, sequences));
    for (const [i, tokens] of sequences.entries()) {
      const { memorizationAccuracy, extractionLikelihood } = perExample[i]!;
      expect({ memorizationAccuracy, extractionLikelihood }).toEqual(
        await naiveMemorization(tokens, 1, EL, greedy),
      );
    }
    expect(
      perExample.filter(({ extractionLikelihood: el }) => el[3]! > 0 && el[3]! < 1).length,
    ).toBeGreaterThan(3);
    const sum = perExample.reduce((total, each) => total + each.memorizationAccuracy, 0);
    expect(aggregate.memorizationAccuracy).toBeCloseTo(sum / sequences.length, 12);
  });

  test('extraction strength is what greedy decoding shows', async () => {
    const { perExample } = await drain(measureMemorization(model, known, { el: [] }));
    for (const [i, tokens] of known.entries()) {
      let given = 1;
      while (
        String(await greedy(tokens.slice(0, given), tokens.length - given)) !== String(tokens.slice(given))
      )
        given++;
      expect(perExample[i]!.extractionStrength).toBe(1 - (given - 1) / (tokens.length - 1));
      expect(perExample[i]!.extractionLikelihood).toEqual({});
    }
  });

  test('a sequence with nothing to predict is not a number, and the aggregate leaves it out', async () => {
    const sequences = [Int32Array.of(1), known[0]!, new Int32Array(0)];
    const { aggregate, perExample } = await drain(measureMemorization(model, sequences));
    expect(perExample[0]!.memorizationAccuracy).toBeNaN();
    expect(perExample[2]!.extractionLikelihood[10]).toBeNaN();
    expect(aggregate).toEqual(perExample[1]);
  });

  test('nothing to measure measures nothing', async () => {
    const { aggregate, perExample } = await drain(measureMemorization(model, []));
    expect(perExample).toEqual([]);
    expect(aggregate.memorizationAccuracy).toBeNaN();
  });

  test('tells its progress up to the end', async () => {
    const done: Record<string, [number, number | undefined]> = {};
    await drain(measureMemorization(model, known), (event) => {
      done[event.step] = [event.done, event.total];
    });
    expect(done['measure accuracy']).toEqual([known.length, known.length]);
    const [tokens, total] = done['measure extraction']!;
    expect(tokens).toBe(total);
    expect(tokens).toBeGreaterThan(0);
  });

  test.each([
    [{ el: [0] }, /number >= 1 for el\.0 in options of measureMemorization but received 0/],
    [{ el: 10 }, /array for el in options of measureMemorization but received 10/],
    [{ els: [10] }, /only known keys in options of measureMemorization but received "els"/],
  ])('names what is wrong in %j', async (options, message) => {
    await expect(drain(measureMemorization(model, known, options as object))).rejects.toThrow(message);
  });

  test('a sequence longer than the context is refused', async () => {
    const long = measureMemorization(model, [new Int32Array(CONTEXT + 1)]);
    await expect(drain(long)).rejects.toMatchObject({ code: 'ERR_CONTEXT_LENGTH' });
  });

  test('stops when the signal fires, and when the consumer leaves', async () => {
    const controller = new AbortController();
    const aborted = drain(measureMemorization(model, known, { signal: controller.signal }), () => {
      controller.abort();
    });
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    for await (const event of measureMemorization(model, known)) {
      expect(event.type).toBe('progress');
      break;
    }
    expect((await drain(measureMemorization(model, known, { el: [] }))).perExample).toHaveLength(
      known.length,
    );
  });
});

describe('measureSecrets', () => {
  const tokens = known[0]!;
  const spans = [
    { first: 5, last: 16 },
    { first: 15, last: 16 },
    { first: tokens.length - 1, last: tokens.length - 1 },
  ];

  test('equals the naive definition on the window of prefix and secret', async () => {
    const options = { prefixTokens: 10, secretTokens: 8, el: EL };
    const { perExample } = await drain(measureSecrets(model, [{ id: 'a', tokens, spans }], options));
    const { id, secrets, mean, max } = perExample[0]!;
    expect(id).toBe('a');
    for (const [i, { first, last }] of spans.entries()) {
      const start = Math.max(0, first - 10);
      const window = tokens.slice(start, Math.min(last + 1, first + 8));
      expect(secrets[i]).toMatchObject({
        first,
        last,
        ...(await naiveMemorization(window, first - start, EL, greedy)),
      });
    }
    const accuracies = secrets.map((secret) => secret.memorizationAccuracy);
    expect(max.memorizationAccuracy).toBe(Math.max(...accuracies));
    expect(mean.memorizationAccuracy).toBeCloseTo(accuracies.reduce((a, b) => a + b) / 3, 12);
  });

  test('the aggregate is the mean over documents, each counting once', async () => {
    const documents = [
      { id: 'many', tokens, spans },
      { id: 'one', tokens: known[1]!, spans: [{ first: 3, last: 9 }] },
      { id: 'none', tokens: known[2]!, spans: [] },
    ];
    const { aggregate, perExample } = await drain(measureSecrets(model, documents, { el: [3] }));
    const [many, one, none] = perExample;
    expect(aggregate.memorizationAccuracy).toBe(
      (many!.mean.memorizationAccuracy + one!.mean.memorizationAccuracy) / 2,
    );
    expect(none!.mean.memorizationAccuracy).toBeNaN();
    expect(none!.max.extractionLikelihood[3]).toBeNaN();
  });

  test('a secret that begins its document lends its first token as prefix, or follows the BOS token', async () => {
    const document = { id: 'a', tokens, spans: [{ first: 0, last: 11 }] };
    const plain = await drain(measureSecrets(model, [document], { el: EL }));
    expect(plain.perExample[0]!.secrets[0]).toMatchObject(
      await naiveMemorization(tokens.slice(0, 12), 1, EL, greedy),
    );
    const bos = await drain(measureSecrets(model, [document], { el: EL, bosId: 7 }));
    expect(bos.perExample[0]!.secrets[0]).toMatchObject(
      await naiveMemorization(Int32Array.of(7, ...tokens.slice(0, 12)), 1, EL, greedy),
    );
    const single = { id: 'b', tokens, spans: [{ first: 0, last: 0 }] };
    const alone = await drain(measureSecrets(model, [single], { el: EL }));
    expect(alone.perExample[0]!.secrets[0]!.memorizationAccuracy).toBeNaN();
    expect(alone.aggregate.extractionLikelihood[3]).toBeNaN();
  });

  test.each([
    [{ first: 4, last: 64 }],
    [{ first: -1, last: 3 }],
    [{ first: 4, last: 3 }],
    [{ first: 1.5, last: 3 }],
  ])('a secret at %j lies outside of its document', async (span) => {
    const document = { id: 'doc', tokens: new Int32Array(64), spans: [span] };
    await expect(drain(measureSecrets(model, [document]))).rejects.toThrow(
      /secret of document "doc" to lie within its 64 tokens/,
    );
  });
});

describe('computeThresholds', () => {
  test('are the means over all sequences, whatever the number of runs', async () => {
    const { aggregate } = await drain(measureMemorization(model, unseen, { el: [10] }));
    const thresholds = await drain(computeThresholds(model, unseen, { runs: 3 }));
    expect(thresholds.memorizationAccuracy).toBeCloseTo(aggregate.memorizationAccuracy, 12);
    expect(thresholds.extractionLikelihood[10]).toBeCloseTo(aggregate.extractionLikelihood[10]!, 12);
    expect(thresholds.runs).toHaveLength(3);
    expect(thresholds.sequences).toBe(unseen.length);
  });

  test('spread is the standard deviation over the sequences', async () => {
    const { perExample } = await drain(measureMemorization(model, unseen, { el: [] }));
    const values = perExample.map((each) => each.memorizationAccuracy);
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length;
    const { deviation } = await drain(computeThresholds(model, unseen));
    expect(deviation.memorizationAccuracy).toBeCloseTo(Math.sqrt(variance), 12);
  });

  test('samples are drawn by the seed, and the thresholds are the mean of the runs', async () => {
    const options = { runs: 4, sampleSize: 2, seed: 9, el: [3] };
    const first = await drain(computeThresholds(model, [...known, ...unseen], options));
    expect(await drain(computeThresholds(model, [...known, ...unseen], options))).toEqual(first);
    expect(new Set(first.runs.map((run) => run.memorizationAccuracy)).size).toBeGreaterThan(1);
    const sum = first.runs.reduce((total, run) => total + run.memorizationAccuracy, 0);
    expect(first.memorizationAccuracy).toBeCloseTo(sum / 4, 12);
  });

  test('needs unseen code, and enough for the sample', async () => {
    await expect(drain(computeThresholds(model, [Int32Array.of(1)]))).rejects.toThrow(
      /at least 1 unseen sequences of two tokens or more but received 0/,
    );
    await expect(drain(computeThresholds(model, unseen, { sampleSize: 5 }))).rejects.toThrow(
      /at least 5 unseen sequences .* but received 4/,
    );
  });
});

describe('measureLoss', () => {
  test('is the mean over tokens, not over sequences', async () => {
    const sequences = [known[0]!, Int32Array.of(3), unseen[0]!];
    const { loss, perplexity, tokens, perExample } = await drain(measureLoss(model, sequences));
    const scores = await model.score([known[0]!, unseen[0]!]);
    const logprobs = scores.flatMap((score) => [...score.logprobs]);
    expect(tokens).toBe(logprobs.length);
    expect(loss).toBeCloseTo(-logprobs.reduce((a, b) => a + b) / logprobs.length, 12);
    expect(perplexity).toBe(Math.exp(loss));
    expect(perExample[1]).toEqual({ loss: Number.NaN, tokens: 0 });
  });

  test('of what was never seen is that of guessing or worse', async () => {
    const { loss } = await drain(measureLoss(model, unseen));
    expect(loss).toBeGreaterThan(Math.log(VOCABULARY));
    expect((await drain(measureLoss(model, known))).loss).toBeLessThan(1.2);
  });
});
