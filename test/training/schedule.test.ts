import { describe, expect, test } from 'vitest';
import { learningRateAt, scheduleSchema } from '../../lib/training/schedule.js';

const rates = (schedule: object, steps: number) =>
  Array.from({ length: steps }, (_, step) => learningRateAt(scheduleSchema.parse(schedule), 8, step, steps));

describe('learningRateAt', () => {
  test.each([
    ['constant by default', {}, [8, 8, 8, 8]],
    ['a linear warm-up, then constant', { warmupSteps: 4 }, [2, 4, 6, 8, 8, 8]],
    ['linear decay', { decay: 'linear' }, [8, 6, 4, 2]],
    ['linear decay to a share', { decay: 'linear', finalShare: 0.5 }, [8, 7, 6, 5]],
    ['a warm-up before the decay', { decay: 'linear', warmupSteps: 2 }, [4, 8, 8, 6, 4, 2]],
    ['a warm-up longer than the run', { decay: 'cosine', warmupSteps: 4 }, [2, 4]],
  ])('%s', (_, schedule, expected) => {
    expect(rates(schedule, expected.length)).toEqual(expected);
  });

  test('cosine passes through the middle half-way and falls monotonically', () => {
    const values = rates({ decay: 'cosine' }, 100);
    expect(values[0]).toBe(8);
    expect(values[50]).toBeCloseTo(4, 12);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(values.at(-1)).toBeLessThan(0.01);
  });
});
