/** BLEU-4 of one pair (Papineni et al. 2002) as NLTK 3.8.1's `sentence_bleu` has it, smoothed by its method 4. */

/** Longest n-grams; each length weighs the same. */
const ORDERS = [1, 2, 3, 4] as const;

/** K of method 4 (Chen and Cherry 2014) in NLTK. */
const K = 5;

/** Of strings by Unicode code points, as Python reads its strings; of tokens by tokens. */
export type BleuText = string | ArrayLike<number>;

/**
 * How well `hypothesis` agrees with `reference`: from 0 (no item in common) to 1 (equal). What is published as "BLEU-4 of
 * the text" is that of its characters, since NLTK was given strings.
 */
export function sentenceBleu(reference: BleuText, hypothesis: BleuText): number {
  const intern = interner();
  const [wanted, made] = [intern(reference), intern(hypothesis)];
  const length = made.length;
  let logs = 0;
  let missing = 0;
  for (const order of ORDERS) {
    const { matches, total } = matchingNGrams(wanted, made, order);
    if (matches > 0) {
      logs += Math.log(matches / total);
      continue;
    }
    if (order === 1) return 0;
    // Counts of a hypothesis of one item stay 0, and such precisions are left out of the mean.
    if (length < 2) continue;
    missing++;
    logs += Math.log(1 / ((2 ** missing * K) / Math.log(length)) / total);
  }
  const brevity = length > wanted.length ? 1 : Math.exp(1 - wanted.length / length);
  return brevity * Math.exp(logs / ORDERS.length);
}

/** Makes texts lists of small integers, equal for equal items. */
function interner(): (text: BleuText) => number[] {
  const ids = new Map<string | number, number>();
  return (text) =>
    Array.from(text as ArrayLike<string | number>, (item) => {
      const id = ids.get(item) ?? ids.size;
      ids.set(item, id);
      return id;
    });
}

/** How many n-grams of `made` `wanted` has as well, each at most as often as it has it, and of how many (1 at least). */
function matchingNGrams(wanted: readonly number[], made: readonly number[], order: number) {
  const left = new Map<string, number>();
  for (let at = 0; at + order <= wanted.length; at++) {
    const key = wanted.slice(at, at + order).join();
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  let matches = 0;
  for (let at = 0; at + order <= made.length; at++) {
    const key = made.slice(at, at + order).join();
    const count = left.get(key) ?? 0;
    if (count === 0) continue;
    matches++;
    left.set(key, count - 1);
  }
  return { matches, total: Math.max(1, made.length - order + 1) };
}
