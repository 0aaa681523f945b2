/** The check of a report file that comes from outside. The types, with their units, are in input.ts. */
import * as z from 'zod';
import { check } from '../check.js';
import { liesWithin } from '../secrets/locate-secrets.js';
import type { ReportInput } from './input.js';

const measured = z.number().nullable();
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const measuredShare = share.nullable();
const line = z.int().min(1);
const name = z.string().min(1);

const beforeAfter = z.strictObject({ before: measured, after: measured });
const beforeAfterShare = z.strictObject({ before: measuredShare, after: measuredShare });
const byN = <T extends z.ZodType>(value: T) =>
  z.record(z.string().regex(/^[1-9][0-9]*$/, 'an n such as "10"'), value);
const likelihoods = byN(beforeAfterShare);

const run = z.strictObject({
  title: name,
  createdAt: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'an ISO 8601 date'),
  command: z.string(),
  seed: z.number().optional(),
  versions: z.record(z.string(), z.string()),
  steps: z.array(z.strictObject({ name: z.string(), seconds: z.number().min(0) })),
  peakMemoryBytes: z.number().min(0).nullable().optional(),
  device: z.string().optional(),
});

const model = z.strictObject({
  name,
  architecture: z.string(),
  parameters: count,
  vocabularySize: count.optional(),
  contextLength: count.optional(),
  digestBefore: z.string(),
  digestAfter: z.string().nullable(),
});

const thresholds = z.strictObject({
  memorizationAccuracy: share,
  extractionLikelihood: byN(share),
  sequences: count.optional(),
  runs: z.int().min(1).optional(),
  source: z.string(),
});

const term = z.strictObject({
  loss: z.enum(['nll', 'kl']),
  tokens: z.enum(['all', 'secret', 'context']),
  /** Default: `mean`. */
  reduction: z.enum(['mean', 'perDocument']).optional(),
  weight: z.number(),
});

const unlearning = z.strictObject({
  method: name,
  forget: z.array(term),
  retain: z.array(term),
  schedule: z.enum(['alternate', 'joint']),
  hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  forgetDocuments: count.optional(),
  retainDocuments: count.optional(),
  course: z.array(
    z.strictObject({
      epoch: count,
      memorizationAccuracy: measuredShare,
      extractionLikelihood: measuredShare,
      forgetLoss: measured,
      retainLoss: measured,
    }),
  ),
  stop: z.strictObject({ epoch: count, reason: z.string() }),
});

const codeFigures = z.strictObject({
  documents: count,
  tokens: count,
  loss: beforeAfter,
  memorizationAccuracy: beforeAfterShare,
});

const summary = z.strictObject({
  secrets: z
    .strictObject({
      count: count.optional(),
      memorizationAccuracy: beforeAfterShare,
      extractionLikelihood: likelihoods,
    })
    .optional(),
  documents: z
    .strictObject({
      count: count.optional(),
      memorizationAccuracy: beforeAfterShare,
      extractionLikelihood: likelihoods,
    })
    .optional(),
  retained: codeFigures.optional(),
  unseen: codeFigures.optional(),
});

const secret = z.strictObject({
  document: z.string(),
  tag: name,
  type: z.string(),
  value: z.string(),
  tokens: count.nullable(),
  forget: z.boolean(),
  memorizationAccuracy: beforeAfterShare,
  extractionLikelihood: likelihoods,
  completion: z.strictObject({ before: z.string().nullable(), after: z.string().nullable() }),
});

const measure = z.strictObject({
  document: z.string(),
  memorizationAccuracy: beforeAfterShare,
  extractionLikelihood: likelihoods,
  extractionStrength: measuredShare,
});

const tokenScores = z.strictObject({
  logprobs: z.array(measured),
  hits: z.array(z.int().min(0).max(1)),
});

const document = z
  .strictObject({
    id: z.string(),
    role: z.enum(['forget', 'retained', 'unseen']),
    text: z.string(),
    offsets: z.array(count),
    before: tokenScores,
    after: tokenScores.nullable(),
    secrets: z.array(z.strictObject({ start: count, end: count, type: z.string() })),
  })
  .refine(
    ({ offsets, before, after }) => {
      const scored = Math.max(0, offsets.length / 2 - 1);
      return [before, after].every(
        (scores) => scores === null || (scores.logprobs.length === scored && scores.hits.length === scored),
      );
    },
    { error: 'two offsets for every token and a score for every token but the first' },
  )
  .refine(({ text, secrets }) => secrets.every((span) => liesWithin(text, span)), {
    error: 'secrets that lie within the text and cut no character in two',
  });

const campaign = z.strictObject({
  outputs: count,
  memorizedOutputs: count,
  blocks: count,
  lengths: z.array(z.tuple([line, count])),
});

const sources = z.array(z.strictObject({ document: z.string(), startLine: line, endLine: line }));

const clones = z.strictObject({
  threshold: z.int().min(1),
  corpus: z.strictObject({ documents: count, lines: count.optional() }),
  sampling: z.string(),
  before: campaign,
  after: campaign.nullable(),
  blocks: z.array(
    z.strictObject({
      fingerprint: z.string(),
      lines: line,
      text: z.string(),
      outputs: beforeAfter,
      corpus: count,
      sources,
    }),
  ),
  outputs: z.array(
    z.strictObject({
      id: z.string(),
      phase: z.enum(['before', 'after']),
      text: z.string(),
      spans: z.array(z.strictObject({ startLine: line, endLine: line, fingerprint: z.string(), sources })),
    }),
  ),
  documents: z
    .array(
      z.strictObject({
        id: z.string(),
        path: z.string().optional(),
        licence: z.string().optional(),
        text: z.string(),
      }),
    )
    .optional(),
});

const reportInput: z.ZodType<ReportInput> = z.strictObject({
  version: z.literal(1),
  run,
  model,
  thresholds: thresholds.optional(),
  unlearning: unlearning.optional(),
  summary,
  secrets: z.array(secret).optional(),
  measures: z.array(measure).optional(),
  documents: z.array(document).optional(),
  clones: clones.optional(),
  redacted: z.boolean().optional(),
  notes: z.array(z.string()).optional(),
});

/**
 * Checks a value, usually the parsed `report.json`, and returns it as a {@link ReportInput}.
 * `what` names it in the message.
 *
 * @throws InputError `ERR_INVALID_OPTION`, one sentence that names the field.
 */
export function parseReportInput(value: unknown, what = 'the report'): ReportInput {
  return check(reportInput, value, what);
}
