import { expect, it } from 'vitest';
import { decayingTemperatures, samplingSettings } from '../../lib/sampling/strategies.js';

it('falls from 10 to 1 over 20 tokens and stays there', () => {
  const temperatures = decayingTemperatures();
  expect(temperatures).toHaveLength(21);
  expect(temperatures.slice(0, 3)).toEqual([10, 9.55, 9.1]);
  expect(temperatures[10]).toBe(5.5);
  expect(temperatures[19]).toBeCloseTo(1.45, 12);
  expect(temperatures[20]).toBe(1);
});

it('has the published defaults', () => {
  expect(samplingSettings({})).toEqual({ temperatures: [1], topK: 40, topP: 1, stopAtEnd: true });
});

it('samples the full softmax while the temperature decays', () => {
  expect(samplingSettings({ temperature: 'decaying', topK: 40, topP: 0.9 })).toEqual({
    temperatures: decayingTemperatures(),
    topK: 0,
    topP: 1,
    stopAtEnd: false,
  });
});
