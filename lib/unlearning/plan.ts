/** From an objective and its documents to the native steps of one epoch: token sets as bits, micro-batches as groups. */
import { InputError } from '../errors.js';
import type { SecretSpan } from '../memorization/measure-secrets.js';
import type { Tokens, TrainingSequence, TrainTerm } from '../model/model.js';
import { microBatchesOf } from '../training/batches.js';
import type { Objective, ObjectiveTerm, TokenSet } from './objectives.js';

type Side = 'forget' | 'retain';

/** A document to forget or to retain: a masked document, or bare tokens where nothing asks for secrets. */
export interface UnlearningDocument {
  readonly id: string;
  readonly tokens: Tokens;
  /** 1 for each secret token. Needed where a term or the evaluation asks for secrets. */
  readonly mask?: Uint8Array | undefined;
  /** The secrets one by one, for the evaluation. Default: the runs of the mask, so that secrets that touch are one. */
  readonly spans?: readonly SecretSpan[] | undefined;
}

/** One optimizer step: a micro-batched batch and what to minimize on it. */
export interface PlannedStep {
  readonly on: Side | 'joint';
  readonly microBatches: readonly (readonly TrainingSequence[])[];
  readonly terms: readonly TrainTerm[];
  /** The objective's terms behind `terms`, in the same order. */
  readonly sources: readonly ObjectiveTerm[];
}

/** Set numbers of the native step. The sides have sets of their own, so that one joint step can tell them apart. */
const SETS: Readonly<Record<Side, Readonly<Record<TokenSet, number>>>> = {
  forget: { all: 0, secret: 1, context: 2 },
  retain: { all: 3, secret: 4, context: 5 },
};

/**
 * The steps of an epoch, each over the whole of its set (effective batch = the set, REFERENCE section 8).
 *
 * @throws InputError `ERR_INVALID_OPTION` for an empty set, a mask that is missing or of another length, or a
 *   forget set without any secret token that could be predicted
 */
export function planEpoch(
  objective: Objective,
  forget: readonly UnlearningDocument[],
  retain: readonly UnlearningDocument[],
  microBatchTokens: number,
): PlannedStep[] {
  const sides = (['forget', 'retain'] as const)
    .filter((side) => objective[side].length > 0)
    .map((side) => {
      const documents = side === 'forget' ? forget : retain;
      const terms = objective[side];
      requireTargets(objective, side, documents);
      return {
        on: side,
        sequences: documents.map(({ tokens, mask }) => ({ tokens, sets: setsOf(side, tokens, mask) })),
        groups: documents.map((_, i) => Math.floor(i / (objective.microBatch ?? documents.length))),
        terms: terms.map(({ tokens, reduction = 'mean', ...term }) => ({
          ...term,
          reduction,
          set: SETS[side][tokens],
        })),
        sources: terms,
      };
    });
  const joint = {
    on: 'joint' as const,
    sequences: sides.flatMap(({ sequences }) => sequences),
    // A side's documents are reduced among themselves: its groups are numbered after those of the other.
    groups: sides.flatMap(({ groups }, i) => groups.map((group) => group + (i === 0 ? 0 : forget.length))),
    terms: sides.flatMap(({ terms }) => terms),
    sources: sides.flatMap(({ sources }) => sources),
  };
  return (objective.schedule === 'joint' ? [joint] : sides).map(({ sequences, groups, ...step }) => ({
    ...step,
    microBatches: microBatchesOf(
      sequences.map((sequence, i) => ({ ...sequence, group: groups[i]! })),
      microBatchTokens,
    ),
  }));
}

/** For each token the bits of the sets that it belongs to. */
function setsOf(side: Side, tokens: Tokens, mask: Uint8Array | undefined): Uint8Array {
  const { all, secret, context } = SETS[side];
  return Uint8Array.from(tokens, (_, i) => (1 << all) | (1 << (mask?.[i] ? secret : context)));
}

function requireTargets(objective: Objective, side: Side, documents: readonly UnlearningDocument[]): void {
  const which = side === 'forget' ? 'document to forget' : 'document to retain';
  if (documents.length === 0)
    throw invalid(`Expected at least one ${which} for ${objective.name} but received none.`);
  const selective = objective[side].some(({ tokens }) => tokens !== 'all');
  for (const { id, tokens, mask } of documents) {
    if (tokens.length < 2)
      throw invalid(`Expected at least two tokens in ${which} "${id}" but received ${tokens.length}.`);
    if (mask === undefined && selective)
      throw invalid(`Expected a token mask of ${which} "${id}" for ${objective.name} but received none.`);
    if (mask !== undefined && mask.length !== tokens.length)
      throw invalid(
        `Expected one mask entry for each of the ${tokens.length} tokens of ${which} "${id}" but received ${mask.length}.`,
      );
  }
  const needsSecrets = objective[side].some(({ tokens }) => tokens === 'secret');
  if (needsSecrets && !documents.some(({ mask }) => mask!.indexOf(1, 1) > 0))
    throw invalid(
      `Expected secret tokens in at least one ${which} for ${objective.name} but found none in ${documents.length} masks.`,
    );
}

function invalid(message: string): InputError {
  return new InputError('ERR_INVALID_OPTION', message);
}
