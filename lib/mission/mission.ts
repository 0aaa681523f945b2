/** What a mission file says: model, corpus, sets, method and limits, with their defaults. */
import * as z from 'zod';

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const notNegative = z.number().min(0);
const path = z.string().min(1);
const el = z.array(z.int().min(1)).min(1).default([3, 5, 10]);

/** A section that may be left out, as if it were there and empty. */
function section<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape).prefault({} as z.input<z.ZodObject<T, z.core.$strict>>);
}

/**
 * Keys of sections are options of the command that runs the stage, in camelCase; docs/mission.md explains them. Those
 * without a default here have that of the command.
 */
export const missionSchema = z.strictObject({
  /** Heading of the report. */
  title: z.string().min(1).default('What the model memorized, before and after'),
  /** What the report calls the model. Default: the name of its directory. */
  name: z.string().min(1).optional(),
  /** Sentences for the report. */
  notes: z.array(z.string().min(1)).default([]),
  /** A directory in the Hugging Face layout, or a name on its hub. */
  model: path,
  revision: z.string().min(1).optional(),
  localFilesOnly: z.boolean().optional(),
  device: z.string().min(1).optional(),
  threads: z.int().min(1).max(1024).optional(),
  /** What the model was trained on, or may have been: a directory of source files, JSON lines, CSV or Parquet. */
  corpus: path,
  /** Where everything goes. Default: the name of the file, without its ending. */
  directory: path.optional(),
  seed: z.int().min(0).default(42),

  samples: section({
    count: count.default(200),
    maxTokens: count.default(192),
    temperature: z.union([notNegative, z.literal('decaying')]).optional(),
    topK: z.int().min(0).optional(),
    topP: z.number().gt(0).max(1).optional(),
    prompt: z.string().min(1).optional(),
    batchRows: count.optional(),
  }),
  clones: section({ threshold: z.int().min(2).max(100_000).optional() }),
  /** Code that the model was not trained on. */
  unseen: section({
    /** Default: documents are held out of the corpus. */
    source: path.optional(),
    count: count.default(64),
    maxTokens: z.int().min(16).default(512),
    minTokens: z.int().min(0).default(128),
  }),
  secrets: section({
    /** {id, secrets} a line: what to look at instead of what the scanner finds. */
    file: path.optional(),
    types: z
      .array(z.enum(['EMAIL', 'IP_ADDRESS', 'KEY']))
      .min(1)
      .optional(),
    filter: z.boolean().default(true),
    /** Documents with secrets that are probed, at most. */
    count: count.default(100),
    maxTokens: z.int().min(16).default(512),
    prefixTokens: count.optional(),
    secretTokens: count.optional(),
    el,
  }),
  thresholds: section({
    maxTokens: z.int().min(2).optional(),
    runs: count.optional(),
    sampleSize: count.optional(),
    el,
  }),
  forget: section({
    size: count.default(32),
    minAccuracy: share.optional(),
    minTokens: count.optional(),
  }),
  retain: section({
    /** Documents without secrets that are measured; the retained set is drawn from them. */
    candidates: count.default(64),
    maxTokens: z.int().min(16).default(512),
    minTokens: z.int().min(0).default(128),
    size: count.default(32),
    minAccuracy: share.optional(),
  }),
  unlearn: section({
    method: z.enum(['codeeraser', 'ssga', 'cu', 'ga']).default('codeeraser'),
    gamma: notNegative.optional(),
    lambda: notNegative.optional(),
    alpha: notNegative.optional(),
    schedule: z.enum(['alternate', 'joint']).optional(),
    reduction: z.enum(['published', 'mean']).optional(),
    microBatch: count.optional(),
    retainTokens: z.int().min(2).optional(),
    learningRate: z.number().gt(0).optional(),
    maxGradNorm: notNegative.optional(),
    maxEpochs: count.optional(),
    margin: notNegative.optional(),
    patience: count.optional(),
  }),
});

/** A mission with its defaults filled in. */
export type MissionSettings = z.infer<typeof missionSchema>;

/** A mission whose paths can be opened: `directory` is there, and no path is relative to the file any more. */
export interface Mission extends MissionSettings {
  readonly directory: string;
}
