/** How a mission ended: its verdict, and the figures that count, each before and after. */
import type { BeforeAfter, Measured, ReportInput } from '../../report/input.js';
import { likelihoodOrder } from '../../report/likelihoods.js';
import { isBelow } from '../../report/verdict.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';

/** `nothing to forget`: no document was above the limit. `audit`: the stages that erase were left out. */
export type MissionVerdict = 'forgotten' | 'not forgotten' | 'nothing to forget' | 'audit';

export interface MissionOutcome {
  readonly verdict: MissionVerdict;
  /** Means over the documents of the forget set, or over all where nothing was erased, of the means of their secrets. */
  readonly secretsMemorizationAccuracy: BeforeAfter | null;
  /** EL_n for the largest n. */
  readonly secretsExtractionLikelihood: BeforeAfter | null;
  readonly memorizedBlocks: BeforeAfter | null;
  readonly retainedLoss: BeforeAfter | null;
  readonly unseenLoss: BeforeAfter | null;
  readonly thresholds: {
    readonly memorizationAccuracy: number;
    readonly extractionLikelihood: number;
  } | null;
  /** Secrets that were to be forgotten, and how many of them have an MA that is not below the threshold. */
  readonly secrets: { readonly probed: number; readonly forget: number; readonly above: number };
}

export function outcomeOf(input: ReportInput, nothingToForget: boolean): MissionOutcome {
  const { secrets: summary, retained, unseen } = input.summary;
  const n = likelihoodOrder(summary?.extractionLikelihood ?? {});
  const likelihood = n === undefined ? undefined : summary?.extractionLikelihood[n];
  const limits = input.thresholds;
  const limit = limits && n !== undefined ? limits.extractionLikelihood[n] : undefined;
  const isForgotten =
    isBelow(summary?.memorizationAccuracy.after ?? null, limits?.memorizationAccuracy) === true &&
    isBelow(likelihood?.after ?? null, limit) === true;
  const secrets = input.secrets ?? [];
  const forget = secrets.filter((secret) => secret.forget);
  return {
    verdict: nothingToForget
      ? 'nothing to forget'
      : input.unlearning === undefined
        ? 'audit'
        : isForgotten
          ? 'forgotten'
          : 'not forgotten',
    secretsMemorizationAccuracy: summary?.memorizationAccuracy ?? null,
    secretsExtractionLikelihood: likelihood ?? null,
    memorizedBlocks:
      input.clones === undefined
        ? null
        : { before: input.clones.before.blocks, after: input.clones.after?.blocks ?? null },
    retainedLoss: retained?.loss ?? null,
    unseenLoss: unseen?.loss ?? null,
    thresholds:
      limits === undefined || limit === undefined
        ? null
        : { memorizationAccuracy: limits.memorizationAccuracy, extractionLikelihood: limit },
    secrets: {
      probed: secrets.length,
      forget: forget.length,
      above: forget.filter(
        ({ memorizationAccuracy }) =>
          isBelow(memorizationAccuracy.after, limits?.memorizationAccuracy) === false,
      ).length,
    },
  };
}

export function exitCodeOf({ verdict }: Pick<MissionOutcome, 'verdict'>): ExitCode {
  return verdict === 'not forgotten' ? EXIT_CODES.missed : EXIT_CODES.done;
}

/** The verdict in a sentence or two, then the figures as a table. */
export function describeOutcome(outcome: MissionOutcome): string {
  const { thresholds, retainedLoss, unseenLoss } = outcome;
  const below = (value: number | undefined, digits: number) =>
    value === undefined ? '' : `unseen code: ${value.toFixed(digits)}`;
  const rows = [
    ['', 'before', 'after', ''],
    row("secrets' MA", outcome.secretsMemorizationAccuracy, 3, below(thresholds?.memorizationAccuracy, 3)),
    row("secrets' EL_n", outcome.secretsExtractionLikelihood, 4, below(thresholds?.extractionLikelihood, 4)),
    row('memorized blocks found', outcome.memorizedBlocks, 0, ''),
    row('loss on retained code', retainedLoss, 3, change(retainedLoss)),
    row('loss on unseen code', unseenLoss, 3, change(unseenLoss)),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map(([name, before, after, remark]) =>
    `${name!.padEnd(widths[0]!)}  ${before!.padStart(widths[1]!)}  ${after!.padStart(widths[2]!)}  ${remark}`.trimEnd(),
  );
  return [sentenceOf(outcome), '', ...lines].join('\n');
}

function sentenceOf({ verdict, secrets }: MissionOutcome): string {
  const { probed, forget, above } = secrets;
  const single =
    above === 0
      ? ''
      : ` Of ${forget} secrets, ${above} by ${above === 1 ? 'itself is' : 'themselves are'} not below it; the report names them.`;
  switch (verdict) {
    case 'forgotten':
      return `Forgotten: on average the secrets are below the thresholds of unseen code.${single}`;
    case 'not forgotten':
      return `Not forgotten: on average the secrets are not below the thresholds of unseen code.${single}`;
    case 'nothing to forget':
      return `Nothing to forget: of the documents of ${probed} probed secrets none is memorized above the limit (forget.minAccuracy, forget.minTokens), so the model was left as it is.`;
    case 'audit':
      return 'An audit: nothing was erased.';
  }
}

function row(name: string, figure: BeforeAfter | null, digits: number, remark: string): string[] {
  const show = (value: Measured | undefined): string =>
    value === null || value === undefined ? '-' : value.toFixed(digits);
  return [name, show(figure?.before), show(figure?.after), remark];
}

function change(figure: BeforeAfter | null): string {
  if (figure === null || figure.before === null || figure.after === null) return '';
  const share = (100 * (figure.after - figure.before)) / figure.before;
  return `${share >= 0 ? '+' : ''}${share.toFixed(1)}%`;
}
