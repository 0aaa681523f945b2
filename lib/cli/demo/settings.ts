/**
 * Every number of the demo's toy in one table: a model of real code that has memorized it. They were chosen so that a
 * laptop is done in a minute. What happens to the toy then is in assets/demo/mission.yaml.
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
  model: { model_type: 'gpt2', n_layer: 4, n_head: 4, n_embd: 192, n_positions: 512 },
  training: { epochs: 20, batchSize: 8, learningRate: 2e-3, warmupSteps: 20 },
};

export type DemoSettings = Readonly<typeof DEMO>;
