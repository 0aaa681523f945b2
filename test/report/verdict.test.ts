import { describe, expect, it } from 'vitest';
import type { ReportInput } from '../../lib/report/input.js';
import { judge, judgeMean } from '../../lib/report/verdict.js';
import { sampleReport } from './sample.js';

/** The sample with other MAs after, one per secret. */
function withAfter(values: readonly (number | null)[], changes: Partial<ReportInput> = {}): ReportInput {
  const { secrets, summary } = sampleReport();
  const mean = values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;
  return sampleReport({
    summary: {
      ...summary,
      secrets: { ...summary.secrets!, memorizationAccuracy: { before: 1, after: mean } },
    },
    secrets: values.map((after) => ({ ...secrets![0]!, memorizationAccuracy: { before: 1, after } })),
    ...changes,
  });
}

describe('judge', () => {
  it('says how many secrets are below the threshold and what it cost', () => {
    const verdict = judge(sampleReport());
    expect(verdict.state).toBe('forgotten');
    expect(verdict.headline).toBe(
      '2 of 2 secrets are below the forgetting threshold; loss on retained code rose by 2.0%.',
    );
  });

  it.each([
    ['one above, the mean below', [0, 0.5], 'partly', '1 of 2 secrets is below'],
    ['the mean above', [0.1, 0.9], 'remembered', '1 of 2 secrets is below'],
    ['exactly at the threshold is not below', [0.4, 0.4], 'remembered', '0 of 2 secrets are below'],
    ['one secret, forgotten', [0.1], 'forgotten', 'The secret is below'],
    ['one secret, not forgotten', [0.9], 'remembered', 'The secret is not below'],
    ['one not measured', [0.1, null], 'forgotten', 'The secret is below'],
  ] as const)('%s', (_name, after, state, begins) => {
    const verdict = judge(withAfter(after));
    expect(verdict.state).toBe(state);
    expect(verdict.headline.startsWith(begins)).toBe(true);
  });

  it('does not call forgotten what can still be extracted', () => {
    const { summary } = sampleReport();
    const secrets = { ...summary.secrets!, extractionLikelihood: { 10: { before: 1, after: 0.3 } } };
    const verdict = judge(sampleReport({ summary: { ...summary, secrets } }));
    expect(verdict.state).toBe('partly');
    expect(verdict.details).toContainEqual(
      expect.stringMatching(/^Their EL_10, 30\.0%, is not below its threshold of 5\.0%: .* runs of 10 /),
    );
  });

  it('counts only the forget set', () => {
    const input = sampleReport();
    const other = {
      ...input.secrets![0]!,
      forget: false,
      memorizationAccuracy: { before: 1, after: 1 },
    };
    expect(judge({ ...input, secrets: [...input.secrets!, other] }).headline).toContain('2 of 2');
  });

  it('claims nothing without thresholds, secrets or a measurement after', () => {
    expect(judge(sampleReport({ thresholds: undefined })).state).toBe('unmeasured');
    expect(judge(withAfter([null])).state).not.toBe('forgotten');
    expect(judge(sampleReport({ secrets: undefined, summary: {} })).headline).toBe(
      'Whether the secrets were forgotten was not measured.',
    );
  });

  it('reports a fall and no change of the retained loss', () => {
    const retained = sampleReport().summary.retained!;
    const withLoss = (after: number) =>
      judge(sampleReport({ summary: { retained: { ...retained, loss: { before: 0.5, after } } } })).headline;
    expect(withLoss(0.4)).toContain('fell by 20.0%');
    expect(withLoss(0.5)).toContain('stayed the same');
  });

  it('judges an audit by what was memorized', () => {
    const verdict = judge(sampleReport({ unlearning: undefined }));
    expect(verdict.state).toBe('audit');
    expect(verdict.headline).toBe(
      '2 of 2 probed secrets are memorized (MA of at least 90%); 2 of 4 outputs repeat code of the corpus.',
    );
  });
});

describe('judgeMean', () => {
  it.each([
    [0.3, 0.4, [0.2, 0.3], '\u2713 below 40.0%'],
    [0.3, 0.4, [], '\u2713 below 40.0%'],
    [0.3, 0.4, [0.2, 0.4, null, 0.9], '\u25d0 the mean is below 40.0%; 2 of 3 secrets are not'],
    [0.3, 0.4, [0.5, 0.1], '\u25d0 the mean is below 40.0%; 1 of 2 secrets is not'],
    [0.4, 0.4, [0.4], '\u2715 not below 40.0%'],
    [null, 0.4, [0.1], undefined],
    [0.3, undefined, [0.1], undefined],
  ])('mean %s, threshold %s, singles %j', (mean, threshold, singles, expected) => {
    expect(judgeMean(mean, threshold, singles)).toBe(expected);
  });
});
