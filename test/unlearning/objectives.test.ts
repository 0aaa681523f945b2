import { describe, expect, test } from 'vitest';
import { codeEraser, constrained, gradientAscent, selectiveAscent } from '../../lib/unlearning/objectives.js';

describe('objectives are the table of REFERENCE section 8', () => {
  test('GA: - NLL(all)', () => {
    expect(gradientAscent()).toEqual({
      name: 'GA',
      forget: [{ loss: 'nll', tokens: 'all', weight: -1 }],
      retain: [],
      schedule: 'alternate',
    });
  });

  test('CU: - NLL(all) - lambda KL(all), and + lambda alpha KL(all)', () => {
    expect(constrained({ lambda: 0.5, alpha: 3, schedule: 'joint' })).toEqual({
      name: 'CU',
      forget: [
        { loss: 'nll', tokens: 'all', weight: -1 },
        { loss: 'kl', tokens: 'all', weight: -0.5 },
      ],
      retain: [{ loss: 'kl', tokens: 'all', weight: 1.5 }],
      schedule: 'joint',
    });
  });

  test('SSGA: - NLL(secret) + gamma NLL(rest)', () => {
    expect(selectiveAscent()).toEqual({
      name: 'SSGA',
      forget: [
        { loss: 'nll', tokens: 'secret', weight: -1 },
        { loss: 'nll', tokens: 'context', weight: 0.1 },
      ],
      retain: [],
      schedule: 'alternate',
    });
  });

  test('CodeEraser: - NLL(secret) + gamma NLL(rest) - lambda KL(secret), and + lambda alpha KL(all)', () => {
    expect(codeEraser({ gamma: 0.2 })).toEqual({
      name: 'CodeEraser',
      forget: [
        { loss: 'nll', tokens: 'secret', weight: -1 },
        { loss: 'nll', tokens: 'context', weight: 0.2 },
        { loss: 'kl', tokens: 'secret', weight: -0.1 },
      ],
      retain: [{ loss: 'kl', tokens: 'all', weight: 0.1 }],
      schedule: 'alternate',
    });
  });

  test.each<[object, RegExp]>([
    [{ gamma: -1 }, /number >= 0 for gamma in options of codeEraser but received -1/],
    [{ lambda: '1' }, /number for lambda in options of codeEraser but received "1"/],
    [{ beta: 1 }, /only known keys in options of codeEraser but received "beta"/],
    [{ schedule: 'both' }, /one of "alternate", "joint" for schedule in options of codeEraser/],
  ])('%j is named', (options, message) => {
    expect(() => codeEraser(options)).toThrow(message);
  });
});
