/** Scores as a model's callers see them: sequences and options checked, turned into native calls, and taken apart again. */
import { check } from '../check.js';
import type { NativeModel } from '../native/contract.js';
import { groupByLength, toBatch } from './batching.js';
import { withCancel } from './native-call.js';
import {
  type Sampler,
  type Score,
  type ScoreOptions,
  scoreSchema,
  sequencesSchema,
  type Tokens,
} from './options.js';

/** `Model.score`. */
export async function scoreSequences(
  native: NativeModel,
  sequences: readonly Tokens[],
  options: ScoreOptions,
): Promise<Score[]> {
  const { batchTokens, signal, onProgress, after, sampler } = check(scoreSchema, options, 'options of score');
  check(sequencesSchema, sequences, 'sequences of score');
  // What all follow but for its last token, which the first of each sequence is predicted from and so begins each.
  const shared = after?.subarray(0, -1) ?? new Int32Array();
  const rows =
    after === undefined ? sequences : sequences.map((tokens) => follow(after.subarray(-1), tokens));
  const settings = { after: shared, ...(isPlain(sampler) ? {} : { rule: sampler }) };
  const out = new Array<Score>(rows.length);
  let done = 0;
  // Attention holds the keys and values of what is shared for every row, so that they count as tokens of each.
  const lengths = rows.map(({ length }) => ({ length: shared.length + length }));
  for (const group of groupByLength(lengths, batchTokens)) {
    const batch = toBatch(group.map((index) => rows[index]!));
    const scores = await withCancel(signal, (cancel) => native.score(batch, settings, cancel));
    let offset = 0;
    for (const index of group) {
      const end = offset + rows[index]!.length - 1;
      out[index] = {
        logprobs: scores.logprobs.slice(offset, end),
        hits: scores.hits.slice(offset, end),
        ranks: scores.ranks.slice(offset, end),
        means: scores.means.slice(offset, end),
        variances: scores.variances.slice(offset, end),
      };
      offset = end;
    }
    done += group.length;
    onProgress?.(done, rows.length);
  }
  return out;
}

function follow(before: Tokens, tokens: Tokens): Tokens {
  const out = new Int32Array(before.length + tokens.length);
  out.set(before);
  out.set(tokens, before.length);
  return out;
}

/** Whether a sampler draws from the model's own distribution, whose log-probabilities come without any sorting. */
function isPlain(sampler: Sampler | undefined): sampler is undefined {
  return sampler === undefined || (sampler.temperature === 1 && sampler.topK === 0 && sampler.topP === 1);
}
