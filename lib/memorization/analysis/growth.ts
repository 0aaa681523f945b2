/** How the number of unique fingerprints grows with the number of outputs, and where that leads. */
import { fitLine } from './correlation.js';
import type { Analysis, GrowthPoint } from './summary.js';

export type Growth = Analysis['growth'];

/** Points of the curve. */
const POINTS = 100;

/** How many times the outputs that were read the fit is asked for. */
const MULTIPLES = [2, 5, 10, 100];

/**
 * Unique fingerprints after each hundredth of the outputs, in the order of the merged file, and a fit of Heaps' law
 * `fingerprints = k * outputs^beta` (Heaps 1978; new words in a text follow it): a least-squares line through the
 * logarithms of the points that are not 0. Extrapolation assumes that more outputs are drawn as these were.
 *
 * @param firstOutputs of each fingerprint the first output that holds it
 * @param outputs how many there are
 */
export function measureGrowth(firstOutputs: Iterable<number>, outputs: number): Growth {
  const added = new Uint32Array(outputs);
  for (const output of firstOutputs) added[output]!++;
  const points: GrowthPoint[] = [];
  let fingerprints = 0;
  let read = 0;
  for (let i = 1; i <= Math.min(POINTS, outputs); i++) {
    const until = Math.round((outputs * i) / Math.min(POINTS, outputs));
    for (; read < until; read++) fingerprints += added[read]!;
    points.push({ outputs: read, fingerprints });
  }
  return { points, fit: fitHeaps(points) };
}

/** Null if fewer than two points are not 0. */
export function fitHeaps(points: readonly GrowthPoint[]): Growth['fit'] {
  const usable = points.filter(({ outputs, fingerprints }) => outputs > 0 && fingerprints > 0);
  const line = fitLine(
    usable.map(({ outputs }) => Math.log(outputs)),
    usable.map(({ fingerprints }) => Math.log(fingerprints)),
  );
  if (line === undefined) return null;
  const k = Math.exp(line.intercept);
  const outputs = usable.at(-1)!.outputs;
  return {
    model: 'heaps',
    // A curve that is level is met exactly.
    parameters: { k, beta: line.slope, r2: line.r === null ? 1 : line.r ** 2 },
    at: MULTIPLES.map((multiple) => ({
      outputs: outputs * multiple,
      fingerprints: k * (outputs * multiple) ** line.slope,
    })),
  };
}
