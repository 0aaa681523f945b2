/** From data to drawing units: linear and logarithmic scales, and ticks at round numbers. */

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

/** A linear scale; a domain of one point maps to the middle of the range. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  const scale = (value: number) =>
    to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start);
  return Object.assign(scale, { domain });
}

/** A logarithmic scale over a domain above 0; a domain of one point maps to the middle of the range. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const inner = linearScale([Math.log(domain[0]), Math.log(domain[1])], range);
  return Object.assign((value: number) => inner(Math.log(value)), { domain });
}

/** Powers of ten within [low, high], low > 0; their doubles and fivefolds too where there are few. */
export function logTicks(low: number, high: number): number[] {
  const at = (factors: readonly number[]) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const factor of factors) {
        const value = factor * 10 ** power;
        if (value >= low && value <= high) found.push(value);
      }
    }
    return found;
  };
  const powers = at([1]);
  return powers.length > 2 ? powers : at([1, 2, 5]);
}

/** The extent of the finite values, or undefined if there are none. */
export function extent(values: Iterable<number | null>): [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : undefined;
}

/** About `count` round numbers within [low, high]: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => round((first + index) * step, step));
}

/** Widens an extent to round numbers, so that the axis ends on ticks; equal ends are pulled apart. */
export function niceExtent([low, high]: readonly [number, number], count = 5): [number, number] {
  if (low === high) {
    const half = Math.abs(low) / 2 || 0.5;
    return niceExtent([low - half, high + half], count);
  }
  const inner = ticks(low, high, count);
  const step = inner.length > 1 ? inner[1]! - inner[0]! : high - low;
  return [
    round(Math.floor(low / step + 1e-9) * step, step),
    round(Math.ceil(high / step - 1e-9) * step, step),
  ];
}

/** Writes ticks with as many decimals as their step needs, all with the same number. */
export function tickFormat(at: readonly number[]): (value: number) => string {
  const step = at.length > 1 ? Math.abs(at[1]! - at[0]!) : Math.abs(at[0] ?? 0) || 1;
  if (step < 1e-6 || step >= 1e7) return (value) => value.toExponential(1).replace(/-/g, '\u2212');
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return (value) => value.toFixed(places).replace('-', '\u2212');
}

/** Takes floating-point dust off a multiple of `step`: 0.30000000000000004 becomes 0.3. */
function round(value: number, step: number): number {
  const places = Math.min(100, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(step)))));
  return Number(value.toFixed(places)) + 0;
}
