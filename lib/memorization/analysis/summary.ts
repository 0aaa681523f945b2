/**
 * The machine-readable results of an analysis, as other stages read them: `analysis.json`, `fingerprints.jsonl` and
 * `outputs.jsonl`. The schemas are the contract; unknown keys are refused, so a newer format is noticed and not misread.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { check } from '../../check.js';
import { readJsonLines } from '../../data/text/json-lines.js';
import { readJsonFile } from '../../files.js';

/** What a memorized block is made of, by the rules of `categories.ts`. */
export const CATEGORIES = ['licence', 'documentation', 'imports', 'data', 'code'] as const;
export const categorySchema = z.enum(CATEGORIES);
export type Category = z.infer<typeof categorySchema>;

/** How occurrences are counted: distinct places, or as the published analyser does, outputs once per log. */
export const countingSchema = z.enum(['distinct', 'published']);
export type Counting = z.infer<typeof countingSchema>;

const count = z.int().min(0);
const line = z.int().min(1);
const fingerprint = z.string().regex(/^[0-9a-f]{32}$/);

/** Largest number of points of the scatter plot that `analysis.json` keeps. */
export const MAX_SAMPLE_POINTS = 3000;
/** Largest number of places on each side that a line of `fingerprints.jsonl` names. */
export const MAX_PLACES = 20;

export const growthPointSchema = z.strictObject({
  /** Outputs read so far, in the order of the merged file. */
  outputs: z.number().min(0),
  /** Unique fingerprints met in them; an estimate, not an integer, where it is extrapolated. */
  fingerprints: z.number().min(0),
});
export type GrowthPoint = z.infer<typeof growthPointSchema>;

/** See `AgreementTally` of clones/log/agreement.ts. */
export const agreementSchema = z.strictObject({
  groups: count,
  places: count,
  unchecked: count,
  missing: z.array(z.string()),
});

export const analysisSchema = z.strictObject({
  version: z.literal(1),
  /** What the run was called, e.g. `codeparrot-small`. */
  name: z.string(),
  counting: countingSchema,
  /** What the logs call equal and is not as text, and was left out; absent with the published counting, which counts all. */
  agreement: agreementSchema.optional(),
  /** Length of the shortest block in lines: the threshold of the clone detection, as far as the logs show it. */
  threshold: z.int().min(1).optional(),
  outputs: z.strictObject({
    file: z.string(),
    map: z.string(),
    count,
    lines: count,
    /** Outputs with at least one memorized block. */
    withBlocks: count,
  }),
  /** One log each, with the corpus files that it names. */
  shards: z.array(z.strictObject({ log: z.string(), files: z.array(z.string()) })),
  /** Unique fingerprints that occur on both sides. */
  fingerprints: count,
  /** By length, ascending; `places` are occurrences in the outputs, counted as `counting` says. */
  lengthDistribution: z.array(z.strictObject({ lines: line, fingerprints: count, places: count })),
  /** Of occurrences in the corpus (x) and in the outputs (y) over all fingerprints; null where undefined. */
  correlation: z.strictObject({
    /** Of the counts as they are. */
    pearson: z.number().nullable(),
    /** Of their ranks, ties sharing the mean rank. */
    spearman: z.number().nullable(),
    /** Least-squares line: extract = slope * train + intercept. */
    slope: z.number().nullable(),
    intercept: z.number().nullable(),
    points: count,
    /** [train, extract, fingerprints with these counts]: all pairs, or an even choice of them, the extremes kept. */
    sample: z.array(z.tuple([count, count, line])).max(MAX_SAMPLE_POINTS),
  }),
  growth: z.strictObject({
    points: z.array(growthPointSchema),
    /** Null where there are too few points to fit. */
    fit: z
      .strictObject({
        /** Heaps' law: fingerprints = k * outputs^beta, by least squares over the logarithms of the points. */
        model: z.literal('heaps'),
        parameters: z.strictObject({ k: z.number(), beta: z.number(), r2: z.number() }),
        /** What the fit says for more outputs than were read. */
        at: z.array(growthPointSchema),
      })
      .nullable(),
  }),
  /** Outputs with memorized blocks by the length of their longest, ascending. */
  outputsByLongestBlock: z.array(z.strictObject({ lines: line, outputs: count })),
  /** In the order of {@link CATEGORIES}, all of them. */
  categories: z.array(z.strictObject({ category: categorySchema, fingerprints: count, places: count })),
});
export type Analysis = z.infer<typeof analysisSchema>;

/** A line of `fingerprints.jsonl`, most frequent first: by `extract`, then `train`, then fingerprint. */
export const fingerprintSchema = z.strictObject({
  fingerprint,
  /** Significant lines. */
  lines: line,
  /** Occurrences in the corpus and in the outputs, as in `memorization.json`. */
  train: count,
  extract: count,
  category: categorySchema,
  /** The first text of this fingerprint in the outputs; lines joined by \n, one at the end. */
  text: z.string(),
  /** Distinct texts of this fingerprint in the outputs. */
  texts: line,
  /** At most {@link MAX_PLACES}; 1-based lines of the output. */
  outputs: z.array(z.strictObject({ id: z.string(), start: line, end: line })).max(MAX_PLACES),
  /** At most {@link MAX_PLACES}; 1-based lines of the shard. A document is named where the shard has a map. */
  documents: z
    .array(
      z.strictObject({
        shard: z.string(),
        id: z.string().optional(),
        path: z.string().optional(),
        licence: z.string().optional(),
        start: line,
        end: line,
      }),
    )
    .max(MAX_PLACES),
});
export type FingerprintRecord = z.infer<typeof fingerprintSchema>;

/** A line of `outputs.jsonl`: an output with memorized blocks, in the order of the merged file. */
export const outputSchema = z.strictObject({
  id: z.string(),
  /** Of its text, as in the map. */
  md5: z.string(),
  /** Lines of its text as it stands in the merged file, without the separator line. */
  lines: count,
  /** 1-based lines of the output, by start, then end. Spans may overlap. */
  spans: z.array(z.strictObject({ start: line, end: line, fingerprint })),
});
export type OutputRecord = z.infer<typeof outputSchema>;

/** Where the files of an analysis lie. */
export function analysisPaths(directory: string) {
  return {
    analysis: join(directory, 'analysis.json'),
    fingerprints: join(directory, 'fingerprints.jsonl'),
    outputs: join(directory, 'outputs.jsonl'),
  } as const;
}

/** @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION` */
export async function readAnalysis(directory: string): Promise<Analysis> {
  const path = analysisPaths(directory).analysis;
  return check(analysisSchema, await readJsonFile(path), path);
}

/** The lines of `fingerprints.jsonl`, one at a time. */
export function readFingerprints(directory: string): AsyncGenerator<FingerprintRecord, void> {
  return readJsonLines(analysisPaths(directory).fingerprints, fingerprintSchema);
}

/** The lines of `outputs.jsonl`, one at a time. */
export function readAnalysedOutputs(directory: string): AsyncGenerator<OutputRecord, void> {
  return readJsonLines(analysisPaths(directory).outputs, outputSchema);
}
