/** What the demo says at its end: the figures that count, each before and after. */
import type { BeforeAfter, Measured, ReportInput } from '../../report/input.js';
import type { FoundSecrets } from './collect.js';
import type { Corpus } from './corpus.js';

export interface DemoSummary {
  readonly secrets: { readonly planted: number; readonly plantedFound: number; readonly found: number };
  /** Means over the documents of the forget set of the means of their secrets. */
  readonly secretsMemorizationAccuracy: BeforeAfter;
  readonly secretsExtractionLikelihood10: BeforeAfter;
  readonly memorizedBlocks: BeforeAfter;
  readonly retainedLoss: BeforeAfter;
  readonly unseenLoss: BeforeAfter;
}

export function summarize(input: ReportInput, corpus: Corpus, found: FoundSecrets): DemoSummary {
  const planted = corpus.planted.flatMap(({ id, secrets }) => secrets.map((secret) => ({ id, ...secret })));
  const plantedFound = planted.filter(({ id, value, start }) =>
    found[id]?.some((secret) => secret.value === value && secret.start === start),
  ).length;
  const { secrets, retained, unseen } = input.summary;
  return {
    secrets: { planted: planted.length, plantedFound, found: input.secrets!.length },
    secretsMemorizationAccuracy: secrets!.memorizationAccuracy,
    secretsExtractionLikelihood10: secrets!.extractionLikelihood[10]!,
    memorizedBlocks: { before: input.clones!.before.blocks, after: input.clones!.after!.blocks },
    retainedLoss: retained!.loss,
    unseenLoss: unseen!.loss,
  };
}

/** The summary as a table for a terminal. */
export function formatSummary(
  summary: DemoSummary,
  thresholds: {
    readonly memorizationAccuracy: number;
    readonly extractionLikelihood: Readonly<Record<string, number>>;
  },
): string {
  const { planted, plantedFound, found } = summary.secrets;
  const { retainedLoss, unseenLoss } = summary;
  const rows = [
    ['', 'before', 'after', ''],
    row("secrets' MA", summary.secretsMemorizationAccuracy, 3, below(thresholds.memorizationAccuracy, 3)),
    row(
      "secrets' EL_10",
      summary.secretsExtractionLikelihood10,
      4,
      below(thresholds.extractionLikelihood[10]!, 4),
    ),
    row('memorized blocks found', summary.memorizedBlocks, 0, ''),
    row('loss on retained code', retainedLoss, 3, change(retainedLoss)),
    row('loss on unseen code', unseenLoss, 3, change(unseenLoss)),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map(([name, before, after, remark]) =>
    `${name!.padEnd(widths[0]!)}  ${before!.padStart(widths[1]!)}  ${after!.padStart(widths[2]!)}  ${remark}`.trimEnd(),
  );
  return [
    ...lines,
    `The scanner found ${plantedFound} of ${planted} planted secrets, and ${found - plantedFound} other values that look like secrets.`,
  ].join('\n');
}

function row(name: string, { before, after }: BeforeAfter, digits: number, remark: string): string[] {
  const show = (value: Measured): string => (value === null ? '-' : value.toFixed(digits));
  return [name, show(before), show(after), remark];
}

function below(threshold: number, digits: number): string {
  return `unseen code: ${threshold.toFixed(digits)}`;
}

function change({ before, after }: BeforeAfter): string {
  const share = (100 * (after! - before!)) / before!;
  return `${share >= 0 ? '+' : ''}${share.toFixed(1)}%`;
}
