/** How much work the stages of a mission are, and roughly how long that takes. */
import { CURVE_PREFIXES } from '../memorization/extraction.js';
import type { Mission } from './mission.js';
import type { Stage } from './stages.js';

/** Upper bounds: documents may be shorter, fewer may be found, and unlearning stops when it is done. */
export interface StageWork {
  /** For a person, e.g. `100 outputs of 128 tokens`. */
  readonly what: string;
  /** Tokens that pass through the model once, all positions at a time. */
  readonly scored?: number;
  /** Tokens that are generated one after the other. */
  readonly decoded?: number;
  /** Tokens that are learned from. */
  readonly trained?: number;
}

/** Scored tokens that take as long as one of these; measured on a Llama of 135 M parameters. */
const COST = { decoded: 1.7, trained: 4 };

/** Secrets of a document, and their tokens, for lack of better knowledge. */
const SECRETS = { perDocument: 2, tokens: 32, prefix: 128 };

/** Undefined for stages that need no model: they take seconds, or as long as reading the corpus does. */
export function workOf(stage: Pick<Stage, 'name'>, mission: Mission): StageWork | undefined {
  const { samples, unseen, secrets, thresholds, forget, retain, unlearn } = mission;
  const name = stage.name.replace(/-(before|after)$/, '');
  const probed = (documents: number): StageWork => {
    const count = documents * SECRETS.perDocument;
    const tokens = secrets.secretTokens ?? SECRETS.tokens;
    return {
      what: `secrets of ${documents} documents`,
      scored: count * ((secrets.prefixTokens ?? SECRETS.prefix) + tokens),
      decoded: count * extractionTokens(tokens),
    };
  };
  const scored = (documents: number, maxTokens: number): StageWork => ({
    what: `${documents} documents of at most ${maxTokens} tokens`,
    scored: documents * maxTokens,
  });
  switch (name) {
    case 'sample':
      return {
        what: `${samples.count} outputs of at most ${samples.maxTokens} tokens`,
        decoded: samples.count * samples.maxTokens,
      };
    case 'rank':
      // As they are and in lower case.
      return { what: `${samples.count} outputs, twice`, scored: 2 * samples.count * samples.maxTokens };
    case 'thresholds': {
      const tokens = Math.min(unseen.maxTokens, thresholds.maxTokens ?? 128);
      return {
        ...scored(unseen.count, tokens),
        decoded: unseen.count * extractionTokens(tokens),
      };
    }
    case 'probe': {
      const { scored: looked = 0, ...work } = probed(secrets.count);
      // Once more for the probability of a secret, and for each point of its curve.
      const tokens = secrets.secretTokens ?? SECRETS.tokens;
      const curve = CURVE_PREFIXES.reduce((sum, prefix) => sum + prefix + tokens, 0);
      return { ...work, scored: 2 * looked + secrets.count * SECRETS.perDocument * curve };
    }
    case 'score-retained':
      return scored(retain.candidates, retain.maxTokens);
    case 'score-unseen':
      return scored(unseen.count, unseen.maxTokens);
    case 'score-forget':
      return scored(forget.size, secrets.maxTokens);
    case 'erase': {
      const epochs = unlearn.maxEpochs ?? 100;
      const kept = Math.min(retain.maxTokens, unlearn.retainTokens ?? retain.maxTokens);
      const tokens = forget.size * secrets.maxTokens + retain.size * kept;
      const { scored: looked = 0, decoded = 0 } = probed(forget.size);
      return {
        what: `at most ${epochs} epochs over ${forget.size} documents to forget and ${retain.size} to retain`,
        trained: epochs * tokens,
        scored: epochs * looked,
        // Extraction is measured only near the threshold: a third of the epochs, say.
        decoded: (epochs * decoded) / 3,
      };
    }
    default:
      return undefined;
  }
}

/** Greedy decoding runs from every mispredicted token to the end: half of them, say. */
function extractionTokens(tokens: number): number {
  return (tokens / 2) * (tokens / 2);
}

/** @param rate scored tokens a second */
export function secondsOf({ scored = 0, decoded = 0, trained = 0 }: StageWork, rate: number): number {
  return (scored + COST.decoded * decoded + COST.trained * trained) / rate;
}
