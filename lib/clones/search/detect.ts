/** Clone detection for callers whose options are yet to be checked. */
import * as z from 'zod';
import { check } from '../../check.js';
import { findShards } from '../../data/corpus/find-shards.js';
import { describeLeftOut, LeftOut } from '../../data/left-out.js';
import { LINE_MODES } from '../lines/line-mode.js';
import {
  type DetectClonesEvent,
  type DetectClonesOptions,
  type DetectClonesResult,
  searchClones,
} from './search.js';

export type {
  CloneReport,
  CloneWarningEvent,
  DetectClonesEvent,
  DetectClonesOptions,
  DetectClonesResult,
  FailedShard,
} from './search.js';

const optionsSchema = z.strictObject({
  outputs: z.array(z.string().min(1)).min(1),
  shards: z.array(z.string().min(1)).min(1),
  // With a threshold of 1 Simian reports lengths that are one too small.
  threshold: z.int().min(2).max(100_000).optional(),
  mode: z.enum(LINE_MODES).optional(),
  compare: z.enum(['together', 'separately']).optional(),
  workers: z.int().min(1).max(1024).optional(),
  chunkBytes: z.int().min(1).optional(),
  partBytes: z.int().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Finds the groups of equal blocks that have an occurrence in the outputs and one in a shard (docs/clones.md).
 *
 * A shard may be the directory of a built corpus, see {@link findShards}.
 *
 * Occurrences name files as `outputs` and `shards` give them; line numbers are 1-based and count every raw line.
 * `totals` counts the blocks that no longer block covers, as Simian does, but only those of the groups listed.
 * A shard that cannot be read is a warning and an entry of `failed`, unless there is no other one.
 *
 * @throws InputError for outputs that cannot be read, a file given twice, when all shards fail, or for more than 20
 *   million occurrences
 * @throws AbortedError
 */
export async function* detectClones(
  options: DetectClonesOptions,
): AsyncGenerator<DetectClonesEvent, DetectClonesResult, void> {
  check(optionsSchema, options, 'options of detectClones');
  const leftOut = new LeftOut();
  const shards = await findShards(options.shards, leftOut.add);
  for (const message of describeLeftOut(leftOut.toJSON())) yield { type: 'warning', message };
  return yield* searchClones({ ...options, shards });
}
