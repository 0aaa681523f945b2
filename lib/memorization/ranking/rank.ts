/** From the scores of all outputs to their ranks, and to how well each score finds what is memorized. */
import type { AgreementTally } from '../../clones/log/agreement.js';
import { judgeScore, ranksOf } from './quality.js';
import type { RankedOutput, Ranking, ScoredOutput } from './records.js';

export interface RankedOutputs {
  /** The outputs in the order of their scores' file, with ranks and, if it is known, whether they are memorized. */
  records(): AsyncGenerator<RankedOutput, void, void>;
  /** Of each score, its best outputs, best first, equal ones in the order of the file: at most 10. */
  readonly best: ReadonlyMap<string, readonly string[]>;
  /** Undefined where it is not known what is memorized. */
  readonly ranking: Ranking | undefined;
  readonly outputs: number;
  /** Outputs that have been cut to the context. */
  readonly cut: number;
}

const BEST = 10;

/**
 * Ranks outputs by each of their scores. Holds the scores as numbers, and one record at a time.
 *
 * @param read scored outputs, ranked ones too, in an order that is the same at every call
 * @param memorized ids of memorized outputs; undefined where that is not known
 * @param agreement what the verdicts leave out
 */
export async function rankOutputs(
  read: () => AsyncIterable<ScoredOutput>,
  memorized?: ReadonlySet<string>,
  agreement?: AgreementTally,
): Promise<RankedOutputs> {
  const ids: string[] = [];
  const columns = new Map<string, number[]>();
  let cut = 0;
  for await (const record of read()) {
    for (const [name, score] of Object.entries(record.scores)) {
      if (!columns.has(name)) columns.set(name, []);
      columns.get(name)!.push(score ?? Number.NaN);
    }
    ids.push(record.id);
    if (record.cut) cut++;
  }
  const scores = [...columns].map(([name, values]) => ({ name, values: Float64Array.from(values) }));
  const ranks = scores.map(({ name, values }) => ({ name, ranks: ranksOf(values) }));

  async function* records(): AsyncGenerator<RankedOutput, void, void> {
    let at = 0;
    for await (const record of read()) {
      // Of an earlier verdict, where there was one.
      const { memorized: _, ...scored } = record as RankedOutput;
      yield {
        ...scored,
        ranks: Object.fromEntries(ranks.map(({ name, ranks: of }) => [name, of[at] || null])),
        ...(memorized === undefined ? {} : { memorized: memorized.has(record.id) }),
      };
      at++;
    }
  }

  const labels = memorized && Uint8Array.from(ids, (id) => Number(memorized.has(id)));
  return {
    records,
    best: new Map(ranks.map(({ name, ranks: of }) => [name, bestOf(of).map((i) => ids[i]!)])),
    ranking: labels && {
      version: 1,
      outputs: ids.length,
      memorized: labels.reduce((sum, label) => sum + label, 0),
      ...(agreement === undefined ? {} : { agreement }),
      scores: scores.map(({ name, values }) => judgeScore(name, values, labels)),
    },
    outputs: ids.length,
    cut,
  };
}

function bestOf(ranks: Uint32Array): number[] {
  return [...ranks.keys()]
    .filter((i) => ranks[i]! >= 1 && ranks[i]! <= BEST)
    .sort((a, b) => ranks[a]! - ranks[b]! || a - b)
    .slice(0, BEST);
}
