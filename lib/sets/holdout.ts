/** Documents held out: what a model is not to be trained on, so that what it knows of them it did not learn from them. */
import * as z from 'zod';
import { check } from '../check.js';
import { InputError } from '../errors.js';
import { deriveSeed, Random } from '../random.js';
import { NearDuplicates } from './near-duplicates.js';

export interface SplitHoldoutOptions {
  /** Documents to hold out; fewer only where copies of one text do not fit. Integer >= 0. */
  readonly count: number;
  /**
   * Least Jaccard similarity, (0, 1], of texts that count as copies, see {@link NearDuplicates}. Default: none, only equal
   * texts do.
   */
  readonly similarity?: number | undefined;
  /** Texts of which no copy is held out. Default: none. */
  readonly apartFrom?: readonly string[] | undefined;
  /** Default: 42. */
  readonly seed?: number | undefined;
}

const schema = z.strictObject({
  count: z.int().min(0),
  similarity: z.number().gt(0).max(1).optional(),
  apartFrom: z.array(z.string()).readonly().default([]),
  seed: z.int().default(42),
});

/**
 * Splits documents at random into those to train on and those to hold out. Both keep the order of the input; copies, and
 * copies of copies, go to the same side, so that nothing held out was trained on.
 *
 * @throws InputError `ERR_INVALID_OPTION` if there are not enough documents
 */
export function splitHoldout<T extends { readonly text: string }>(
  documents: readonly T[],
  options: SplitHoldoutOptions,
): { train: T[]; holdout: T[] } {
  const { count, similarity, apartFrom, seed } = check(schema, options, 'options of splitHoldout');
  if (count > documents.length) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least ${count} documents to hold ${count} out but received ${documents.length}.`,
    );
  }
  const texts = [...apartFrom, ...documents.map(({ text }) => text)];
  const groups = similarity === undefined ? groupsOfEqual(texts) : groupsOfAlike(texts, similarity);
  const barred = new Set(groups.slice(0, apartFrom.length));
  const own = groups.slice(apartFrom.length);
  const sizes = new Map<number, number>();
  for (const group of own) if (!barred.has(group)) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const holdout = new Set<number>();
  let held = 0;
  for (const [group, size] of new Random(deriveSeed(seed, 'holdout')).shuffle([...sizes])) {
    if (held + size > count) continue;
    holdout.add(group);
    held += size;
  }
  return {
    train: documents.filter((_, i) => !holdout.has(own[i]!)),
    holdout: documents.filter((_, i) => holdout.has(own[i]!)),
  };
}

/** By text, the first place of an equal one. */
function groupsOfEqual(texts: readonly string[]): number[] {
  const first = new Map<string, number>();
  return texts.map((text, i) => {
    const group = first.get(text) ?? i;
    first.set(text, group);
    return group;
  });
}

/** By text, a number that it shares with those that are alike, and with what is alike to them. */
function groupsOfAlike(texts: readonly string[], similarity: number): number[] {
  const index = new NearDuplicates({ similarity });
  const parents = texts.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root]!;
    parents[i] = root;
    return root;
  };
  for (const [i, text] of texts.entries())
    for (const near of index.add(text)) parents[rootOf(i)] = rootOf(near.index);
  return texts.map((_, i) => rootOf(i));
}
