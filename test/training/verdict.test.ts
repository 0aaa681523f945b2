import { describe, expect, test } from 'vitest';
import { describeOutcome, exitCodeOf, explainNotFinite } from '../../lib/cli/training-outcome.js';
import { InputError, LetheError } from '../../lib/errors.js';
import { drain } from '../../lib/progress.js';
import { train } from '../../lib/training/train.js';
import { judgeTraining, measureProgress } from '../../lib/training/verdict.js';
import { sequencesOf, tinyModel } from '../memorization/tiny.js';

describe('judgeTraining', () => {
  test.each([
    [3, 1, 'learned'],
    [3, 3, 'learned'],
    [3, 3.09, 'learned'],
    [3, 3.11, 'diverged'],
    [3, Number.NaN, 'diverged'],
    [3, Number.POSITIVE_INFINITY, 'diverged'],
    // ln 100 is 4.605.
    [4.7, 4.65, 'guessing'],
    [4.7, 4.6, 'learned'],
    [4.7, 4.9, 'diverged'],
  ] as const)('from %d to %d nats over 100 tokens: %s', (before, after, expected) => {
    expect(judgeTraining(before, after, 100)).toBe(expected);
  });
});

test('the loss is that of sequences spread evenly over all', async () => {
  await using model = await tinyModel();
  const sequences = sequencesOf(100, 8, 8, 3);
  const spread = Array.from({ length: 32 }, (_, i) => sequences[Math.floor(i * 3.125)]!);
  const mean = (await model.score(spread)).flatMap(({ logprobs }) => [...logprobs]);
  expect(await measureProgress(model, sequences, undefined)).toBeCloseTo(
    -mean.reduce((sum, value) => sum + value, 0) / mean.length,
    5,
  );
});

describe('train', () => {
  const sequences = sequencesOf(4, 20, 20, 5);

  test('tells learning from divergence', async () => {
    await using good = await tinyModel();
    const learned = await drain(train(good, sequences, { epochs: 20, learningRate: 3e-3 }));
    expect(learned.verdict).toBe('learned');
    expect(learned.lossAfter).toBeLessThan(learned.lossBefore);
    expect(learned.lossBefore).toBeCloseTo(learned.losses[0]!, 4);
    await using wild = await tinyModel();
    const diverged = await drain(train(wild, sequences, { epochs: 1, learningRate: 5 }));
    expect(diverged.verdict).toBe('diverged');
  });

  test('weights that compute NaN after the very last step are an error', async () => {
    await using model = await tinyModel();
    const broken = drain(train(model, sequences, { steps: 1, learningRate: 1e38 }));
    await expect(broken).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' });
  });
});

describe('in words', () => {
  const outcome = { documents: 2, steps: 1, finalLoss: 2.5, lossBefore: 3, lossAfter: 2 };
  test.each([
    ['learned', 0, /^Trained 1 step on 2 documents: loss 2\.5000\.$/],
    ['guessing', 0, /^Trained .* no better than guessing .* more --epochs/],
    [
      'diverged',
      3,
      /^Diverged: .* 3\.0000 -> 2\.0000 nats a token\. Lower --learning-rate \(now 0\.1\)\.\nTrained/,
    ],
  ] as const)('%s ends with %d', (verdict, code, expected) => {
    expect(exitCodeOf({ ...outcome, verdict })).toBe(code);
    expect(describeOutcome({ ...outcome, verdict }, 0.1)).toMatch(expected);
  });

  test('NaN names the learning rate; other errors stay as they are', () => {
    expect(explainNotFinite(new LetheError('ERR_NOT_FINITE', 'NaN'), 0.1)).toMatchObject({
      code: 'ERR_NOT_FINITE',
      message: 'Diverged: the loss became NaN or infinite, and nothing was written.',
      remedy: expect.stringContaining('Lower --learning-rate (now 0.1)'),
    });
    const other = new InputError('ERR_INVALID_OPTION', 'x');
    expect(explainNotFinite(other, 0.1)).toBe(other);
  });
});
