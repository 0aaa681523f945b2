/** Ranks, precision, ROC and AUC against their definitions, and what must not change them. */
import { describe, expect, test } from 'vitest';
import {
  judgeScore,
  MAX_ROC_POINTS,
  precisionCounts,
  ranksOf,
} from '../../../lib/memorization/ranking/quality.js';
import { rankOutputs } from '../../../lib/memorization/ranking/rank.js';
import { type RankedOutput, rankingSchema } from '../../../lib/memorization/ranking/records.js';
import { Random } from '../../../lib/random.js';

interface Case {
  readonly scores: Float64Array;
  readonly labels: Uint8Array;
}

/** Random outputs, with ties and missing scores. */
function caseOf(seed: number): Case {
  const random = new Random(seed);
  const count = 10 + random.integer(130);
  const levels = random.pick([2, 7, 1000, 1e9]);
  const share = random.next();
  const missing = random.pick([0, 0, 0.1]);
  const labels = Uint8Array.from({ length: count }, () => Number(random.next() < share));
  const scores = Float64Array.from(labels, (label) =>
    random.next() < missing ? Number.NaN : random.integer(levels) - levels / 2 + label * levels * 0.2,
  );
  return { scores, labels };
}

const CASES = Array.from({ length: 200 }, (_, seed) => caseOf(seed));
const height = (score: number) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score);

/** By pairs. */
function bruteAuc({ scores, labels }: Case): number | null {
  let [right, pairs] = [0, 0];
  for (const [i, a] of scores.entries())
    for (const [j, b] of scores.entries()) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs++;
      right += height(a) > height(b) ? 1 : height(a) === height(b) ? 0.5 : 0;
    }
  return pairs === 0 ? null : right / pairs;
}

/** The chance of each output to be among the best n, ties in random order. */
function brutePrecision({ scores, labels }: Case, n: number): number {
  const heights = [...scores].map(height);
  let found = 0;
  for (const [i, own] of heights.entries()) {
    const above = heights.filter((other) => other > own).length;
    const equal = heights.filter((other) => other === own).length;
    found += labels[i]! * Math.min(1, Math.max(0, (n - above) / equal));
  }
  return found / n;
}

describe('judgeScore', () => {
  test('AUC and precision are those of their definitions', () => {
    for (const each of CASES) {
      const { auc, precisionAt } = judgeScore('s', each.scores, each.labels);
      const expected = bruteAuc(each);
      if (expected === null) expect(auc).toBeNull();
      else expect(auc).toBeCloseTo(expected, 10);
      expect(precisionAt.map(({ n }) => n)).toEqual([10, 50, 100].filter((n) => n <= each.scores.length));
      for (const { n, precision } of precisionAt) expect(precision).toBeCloseTo(brutePrecision(each, n), 10);
    }
  });

  test('only the order of scores counts, and not that of outputs', () => {
    for (const [seed, { scores, labels }] of CASES.entries()) {
      const judged = judgeScore('s', scores, labels);
      for (const rise of [Math.cbrt, Math.atan, (x: number) => 3 * x + 1])
        expect(judgeScore('s', scores.map(rise), labels)).toEqual(judged);
      const order = new Random(seed).shuffle([...scores.keys()]);
      const moved = judgeScore(
        's',
        Float64Array.from(order, (i) => scores[i]!),
        Uint8Array.from(order, (i) => labels[i]!),
      );
      expect(moved).toEqual(judged);
    }
  });

  test('the other way round, AUC is what is left to 1', () => {
    for (const { scores, labels } of CASES.filter((each) => !each.scores.some(Number.isNaN))) {
      const { auc } = judgeScore('s', scores, labels);
      const turned = judgeScore(
        's',
        scores.map((score) => -score),
        labels,
      );
      if (auc !== null) expect(turned.auc).toBeCloseTo(1 - auc, 10);
    }
  });

  test('the area under the ROC curve is the AUC, of all points', () => {
    for (const { scores, labels } of CASES) {
      const { roc, auc } = judgeScore('s', scores, labels);
      if (auc === null) {
        expect(roc).toEqual([]);
        continue;
      }
      expect([roc[0], roc.at(-1)]).toEqual([
        [0, 0],
        [1, 1],
      ]);
      let area = 0;
      for (let i = 1; i < roc.length; i++)
        area += ((roc[i]![0] - roc[i - 1]![0]) * (roc[i]![1] + roc[i - 1]![1])) / 2;
      expect(area).toBeCloseTo(auc, 10);
    }
  });

  test('a long curve keeps some of its points, both ends among them', () => {
    const random = new Random(9);
    const scores = Float64Array.from({ length: 5000 }, () => random.next());
    const labels = Uint8Array.from(scores, (score) => Number(random.next() < score));
    const { roc, auc } = judgeScore('s', scores, labels);
    expect(roc).toHaveLength(MAX_ROC_POINTS);
    expect(roc.at(-1)).toEqual([1, 1]);
    expect(auc).toBeGreaterThan(0.7);
    for (let i = 1; i < roc.length; i++) expect(roc[i]![1]).toBeGreaterThanOrEqual(roc[i - 1]![1]);
  });

  test.each([
    ['nothing memorized', 0, 0],
    ['everything memorized', 1, 1],
  ])('%s: no AUC, but precision', (_what, label, precision) => {
    const scores = Float64Array.from({ length: 12 }, (_, i) => i);
    expect(judgeScore('s', scores, new Uint8Array(12).fill(label))).toEqual({
      name: 's',
      precisionAt: [{ n: 10, precision }],
      auc: null,
      roc: [],
    });
  });

  test('no outputs', () => {
    expect(judgeScore('s', new Float64Array(), new Uint8Array())).toEqual({
      name: 's',
      precisionAt: [],
      auc: null,
      roc: [],
    });
  });
});

test('precision is told at 10, 50, 100, 500 and so on', () => {
  expect(precisionCounts(9)).toEqual([]);
  expect(precisionCounts(20_000)).toEqual([10, 50, 100, 500, 1000, 5000, 10_000]);
});

test('ranks: 1 is best, equal scores share one, no score has none', () => {
  expect([...ranksOf(Float64Array.of(3, Number.NaN, 5, 3, -0, 0))]).toEqual([2, 0, 1, 2, 4, 4]);
});

describe('rankOutputs', () => {
  const scored = (id: string, zlib: number | null): RankedOutput => ({
    id,
    tokens: 3,
    cut: id === 'b',
    zlibBytes: 9,
    perplexity: zlib,
    perplexityLower: zlib,
    scores: { zlib },
    // As an earlier verdict left it.
    memorized: true,
  });
  async function* read() {
    yield* [scored('a', 1), scored('b', 7), scored('c', null), scored('d', 7)];
  }
  const all = async (records: AsyncIterable<RankedOutput>) => {
    const out: RankedOutput[] = [];
    for await (const record of records) out.push(record);
    return out;
  };

  test('adds ranks and verdicts, in the order of the file', async () => {
    const { records, best, ranking, outputs, cut } = await rankOutputs(read, new Set(['b']));
    const ranked = await all(records());
    expect(ranked.map(({ id, ranks, memorized }) => [id, ranks!.zlib, memorized])).toEqual([
      ['a', 3, false],
      ['b', 1, true],
      ['c', null, false],
      ['d', 1, false],
    ]);
    expect([...best]).toEqual([['zlib', ['b', 'd', 'a']]]);
    expect({ outputs, cut }).toEqual({ outputs: 4, cut: 1 });
    expect(rankingSchema.parse(ranking)).toMatchObject({
      outputs: 4,
      memorized: 1,
      scores: [{ auc: 2.5 / 3 }],
    });
  });

  test('without verdicts says nothing of them, and forgets earlier ones', async () => {
    const { records, ranking } = await rankOutputs(read);
    expect(ranking).toBeUndefined();
    expect((await all(records())).map(({ memorized }) => memorized)).toEqual(Array(4).fill(undefined));
  });
});
