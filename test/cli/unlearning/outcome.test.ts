import { describe, expect, test } from 'vitest';
import { METHODS, objectiveOf, takesOption } from '../../../lib/cli/unlearning/methods.js';
import { describeOutcome, exitCodeOf, type UnlearningOutcome } from '../../../lib/cli/unlearning/outcome.js';

const findings = { epoch: 0, memorizationAccuracy: 0.9, extractionLikelihood: null, retainedLoss: 1 };
const outcome: UnlearningOutcome = {
  verdict: 'not forgotten',
  reason: 'unchanged',
  thresholds: { memorizationAccuracy: 0.4, extractionLikelihood: { 10: 0.05 } },
  before: findings,
  stopReason: 'epochs',
  epochs: 7,
  bestEpoch: 3,
  best: { epoch: 3, memorizationAccuracy: 0.5, extractionLikelihood: 0.25, retainedLoss: 1.5 },
};
const tried = { method: 'codeeraser', learningRate: 3e-6, maxEpochs: 7 } as const;

describe('the verdict comes first, then why, then what to change', () => {
  test.each<[UnlearningOutcome['reason'], RegExp]>([
    ['unchanged', /^Not forgotten: MA hardly changed in 7 epochs\. Raise --learning-rate \(now 0\.000003\)/],
    ['damaged', /^Not forgotten: what was to be kept was lost first\. Lower --learning-rate/],
    ['not-finite', /^Not forgotten: the loss became NaN or infinite in epoch 8, .* Lower --learning-rate/],
    ['stalled', /^Not forgotten: MA is below its threshold, but EL_10 is not .*7 epochs\. Raise --patience/],
    [
      'unfinished',
      /^Not forgotten: it was on its way when 7 epochs had passed\. Raise --max-epochs \(now 7\)/,
    ],
  ])('%s', (reason, expected) => {
    const text = describeOutcome({ ...outcome, reason }, tried);
    expect(text).toMatch(expected);
    expect(text).toContain(
      '\nMA 0.9000 -> 0.5000 (threshold 0.4000), EL_10 0.2500 (threshold 0.0500).\nLoss of the retained documents 1.0000 -> 1.5000 nats a token.',
    );
    expect(exitCodeOf({ ...outcome, reason })).toBe(3);
  });

  test('forgotten, and at what price', () => {
    const forgotten = { ...outcome, verdict: 'forgotten', reason: 'below-thresholds', epochs: 1 } as const;
    expect(exitCodeOf(forgotten)).toBe(0);
    expect(describeOutcome(forgotten, tried)).toMatch(/^Forgotten after 1 epoch: /);
    expect(describeOutcome(forgotten, tried)).not.toContain('lost');
    const dear = { ...forgotten, best: { ...outcome.best, retainedLoss: 4 } };
    expect(describeOutcome(dear, tried)).toContain(
      'has lost much of what it was to keep. Lower --learning-rate or raise --alpha.',
    );
    // What the method does not take is no advice.
    expect(describeOutcome(dear, { ...tried, method: 'ga' })).toMatch(/Lower --learning-rate\.$/);
    const none = { ...forgotten, before: { ...findings, retainedLoss: null } };
    expect(describeOutcome(none, tried)).not.toContain('retained');
  });
});

describe('--method', () => {
  test.each([
    ['ga', 'gamma'],
    ['ga', 'alpha'],
    ['ssga', 'lambda'],
    ['ssga', 'schedule'],
    ['cu', 'gamma'],
  ] as const)('%s has no use for --%s', (method, option) => {
    expect(takesOption(method, option)).toBe(false);
    expect(takesOption('codeeraser', option)).toBe(true);
  });

  test.each(Object.keys(METHODS) as (keyof typeof METHODS)[])('%s takes what it has', (method) => {
    const options = Object.fromEntries(
      METHODS[method].takes.map((name) => [
        name,
        { schedule: 'joint', reduction: 'mean' }[name as string] ?? 2,
      ]),
    );
    expect(objectiveOf(method, options)).toMatchObject({ microBatch: 2 });
  });
});
