/** The table of commands. A command's module is loaded only when that command runs, so help and set-up need no addon. */
import type { Command } from 'commander';
import type { Dispatch } from './dispatch.js';

export interface CommandEntry {
  readonly summary: string;
  /** Makes the command; one that runs others is given a way to do so. */
  readonly load: (dispatch: Dispatch) => Promise<Command>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: 'the whole mission in small, on real code: train, find, erase, prove',
    load: async (dispatch) => (await import('./commands/demo.js')).createDemoCommand(dispatch),
  },
  doctor: {
    summary: 'say what is installed, what is missing, and the remedy',
    load: async () => (await import('./commands/doctor.js')).createDoctorCommand(),
  },
  libtorch: {
    summary: 'install or remove the managed copy of libtorch',
    load: async () => (await import('./commands/libtorch.js')).createLibtorchCommand(),
  },
  model: {
    summary: 'describe a model without loading its weights; add a padding token',
    load: async () => (await import('./commands/model.js')).createModelCommand(),
  },
  score: {
    summary: 'log-probability, argmax hit and rank of every token',
    load: async () => (await import('./commands/score.js')).createScoreCommand(),
  },
  generate: {
    summary: 'continue prompts',
    load: async () => (await import('./commands/generate.js')).createGenerateCommand(),
  },
  sample: {
    summary: 'fill a directory with sampled outputs (the campaign)',
    load: async () => (await import('./commands/sample.js')).createSampleCommand(),
  },
  merge: {
    summary: 'merge sampled outputs into one file for clone detection',
    load: async () => (await import('./commands/merge.js')).createMergeCommand(),
  },
  corpus: {
    summary: 'build the shards of a training corpus, in which clones are looked for',
    load: async () => (await import('./commands/corpus.js')).createCorpusCommand(),
  },
  clones: {
    summary: 'find blocks of lines, or spans of text, that outputs share with a corpus',
    load: async () => (await import('./commands/clones.js')).createClonesCommand(),
  },
  analyze: {
    summary: 'count what clone logs show to be memorized: texts, tables, figures',
    load: async () => (await import('./commands/analyze.js')).createAnalyzeCommand(),
  },
  rank: {
    summary: 'rank outputs by how likely they are memorized',
    load: async () => (await import('./commands/rank.js')).createRankCommand(),
  },
  measure: {
    summary: 'MA, EL_n and extraction strength of documents and their secrets',
    load: async () => (await import('./commands/measure.js')).createMeasureCommand(),
  },
  secrets: {
    summary: 'find e-mails, IP addresses and keys in documents',
    load: async () => (await import('./commands/secrets.js')).createSecretsCommand(),
  },
  threshold: {
    summary: 'the MA and EL_n of code that the model never saw',
    load: async () => (await import('./commands/threshold.js')).createThresholdCommand(),
  },
  set: {
    summary: 'draw documents, and choose those to forget and those to retain',
    load: async () => (await import('./commands/set.js')).createSetCommand(),
  },
  train: {
    summary: 'train a model on documents, from scratch or from a checkpoint',
    load: async () => (await import('./commands/train.js')).createTrainCommand(),
  },
  unlearn: {
    summary: 'make a model forget',
    load: async () => (await import('./commands/unlearn.js')).createUnlearnCommand(),
  },
  run: {
    summary: 'a whole mission from one file: find, erase, prove',
    load: async (dispatch) => (await import('./commands/run.js')).createRunCommand(dispatch),
  },
  report: {
    summary: 'render report.json as one self-contained HTML page',
    load: async () => (await import('./commands/report.js')).createReportCommand(),
  },
};
