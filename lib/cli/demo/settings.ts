/**
 * Every number of the demo in one table. They were chosen so that a laptop is done in three minutes, and tuned on this
 * very task as anyone would tune a small run: nothing in the demo looks at what was planted or knows what comes out.
 */
export const DEMO = {
  corpus: {
    /** Files shorter than this are left out (REFERENCE section 7: 200 < tokens). */
    minTokens: 200,
    /** Tokens kept of each file, whole lines: as much as a small model memorizes in a minute. */
    codeTokens: 160,
    /** Of two files kept, the second shares at most this part of its lines with those before it. */
    maxSharedLines: 0.2,
    /** Files to train on, and files that the model never sees. */
    trained: 48,
    unseen: 32,
  },
  secrets: {
    /** Files that get secrets, and how many each. */
    documents: 16,
    perDocument: 2,
    /**
     * The corpus holds each of these files so often, as GitHub holds forks; every other file once. Repetition is what
     * makes models memorize (Carlini et al. 2023), and secrets are copied along.
     */
    copies: 4,
  },
  model: { n_layer: 4, n_head: 4, n_embd: 192, n_positions: 512 },
  training: {
    epochs: 20,
    batchSize: 8,
    learningRate: 2e-3,
    schedule: { decay: 'cosine' as const, warmupSteps: 20, finalShare: 0.05 },
  },
  sampling: { count: 200, maxTokens: 192, temperature: 1, topK: 40 },
  clones: { threshold: 6 },
  probe: {
    el: [3, 5, 10] as readonly number[],
    /** All that precedes a secret; published: 128. This model knows each file from its first position on only. */
    prefixTokens: 384,
  },
  /** Tokens of an unseen file that give the thresholds, as published. */
  thresholds: { tokens: 128 },
  /** Files to forget, drawn from those whose secrets have MA >= 0.9. The rest keep their secrets, to compare with. */
  sets: { forget: 12, retain: 32, retainMinAccuracy: 0.5 },
  unlearning: {
    gamma: 0.1,
    lambda: 0.1,
    /** Published: 1. The retained set weighs more here because this model has little room to forget elsewhere. */
    alpha: 30,
    /** Published: 3e-6, for models 50 times this size. */
    learningRate: 1e-4,
    /** Published: none. Clipping keeps the step on the forget set, the larger one, from drowning the retained set's. */
    maxGradNorm: 0.3,
    maxEpochs: 60,
  },
};

export type DemoSettings = Readonly<typeof DEMO>;
