import { describe, expect, test } from 'vitest';
import { codeEraser, constrained, gradientAscent, selectiveAscent } from '../../lib/unlearning/objectives.js';

describe('objectives are the table of REFERENCE section 8', () => {
  test('GA: - NLL(all)', () => {
    expect(gradientAscent()).toEqual({
      name: 'GA',
      forget: [{ loss: 'nll', tokens: 'all', reduction: 'mean', weight: -1 }],
      retain: [],
      schedule: 'alternate',
      microBatch: 2,
    });
  });

  test('CU: - NLL(all) - lambda KL(all), and + lambda alpha KL(all)', () => {
    expect(constrained({ lambda: 0.5, alpha: 3, schedule: 'joint' })).toEqual({
      name: 'CU',
      forget: [
        { loss: 'nll', tokens: 'all', reduction: 'mean', weight: -1 },
        { loss: 'kl', tokens: 'all', reduction: 'perDocument', weight: -0.5 },
      ],
      retain: [{ loss: 'kl', tokens: 'all', reduction: 'perDocument', weight: 1.5 }],
      schedule: 'joint',
      microBatch: 2,
    });
  });

  test('SSGA: - NLL(secret) + gamma NLL(rest)', () => {
    expect(selectiveAscent()).toEqual({
      name: 'SSGA',
      forget: [
        { loss: 'nll', tokens: 'secret', reduction: 'mean', weight: -1 },
        { loss: 'nll', tokens: 'context', reduction: 'mean', weight: 0.1 },
      ],
      retain: [],
      schedule: 'alternate',
      microBatch: 2,
    });
  });

  test('CodeEraser: - NLL(secret) + gamma NLL(rest) - lambda KL(secret), and + lambda alpha KL(all)', () => {
    expect(codeEraser({ gamma: 0.2, microBatch: 4 })).toEqual({
      name: 'CodeEraser',
      forget: [
        { loss: 'nll', tokens: 'secret', reduction: 'mean', weight: -1 },
        { loss: 'nll', tokens: 'context', reduction: 'mean', weight: 0.2 },
        { loss: 'kl', tokens: 'secret', reduction: 'mean', weight: -0.1 },
      ],
      retain: [{ loss: 'kl', tokens: 'all', reduction: 'perDocument', weight: 0.1 }],
      schedule: 'alternate',
      microBatch: 4,
    });
  });

  test('with means over tokens nothing is a sum, nothing is cut into micro-batches, and weights suit that', () => {
    const mean = { reduction: 'mean' } as const;
    const objectives = [gradientAscent(mean), selectiveAscent(mean), constrained(mean), codeEraser(mean)];
    for (const { forget, retain, microBatch } of objectives) {
      expect(microBatch).toBeUndefined();
      for (const term of [...forget, ...retain]) expect(term.reduction).toBe('mean');
    }
    const retained = objectives.flatMap(({ retain }) => retain.map(({ weight }) => weight));
    expect(retained).toEqual([12.5, 3]);
    expect(codeEraser({ ...mean, lambda: 1, alpha: 2, microBatch: 3 })).toMatchObject({
      retain: [{ weight: 2 }],
      microBatch: 3,
    });
  });

  test.each<[object, RegExp]>([
    [{ gamma: -1 }, /number >= 0 for gamma in options of codeEraser but received -1/],
    [{ lambda: '1' }, /number for lambda in options of codeEraser but received "1"/],
    [{ beta: 1 }, /only known keys in options of codeEraser but received "beta"/],
    [{ microBatch: 0 }, /number >= 1 for microBatch in options of codeEraser but received 0/],
    [{ reduction: 'sum' }, /one of "published", "mean" for reduction in options of codeEraser/],
    [{ schedule: 'both' }, /one of "alternate", "joint" for schedule in options of codeEraser/],
  ])('%j is named', (options, message) => {
    expect(() => codeEraser(options)).toThrow(message);
  });
});
