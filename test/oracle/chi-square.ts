/** Pearson's test of drawn counts against the probabilities that they should follow. */

/** Classes that are too rare for the statistic to hold (fewer than 5 expected) count as one. */
export function chiSquare(
  counts: readonly number[],
  probabilities: readonly number[],
): { readonly statistic: number; readonly degrees: number } {
  const draws = counts.reduce((sum, count) => sum + count, 0);
  const classes = counts.map((count, i) => ({ count, expected: probabilities[i]! * draws }));
  const rare = classes
    .filter(({ expected }) => expected < 5)
    .reduce((sum, each) => ({ count: sum.count + each.count, expected: sum.expected + each.expected }), {
      count: 0,
      expected: 0,
    });
  const used = classes.filter(({ expected }) => expected >= 5);
  if (rare.expected >= 5) used.push(rare);
  const statistic = used.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  return { statistic, degrees: used.length - 1 };
}

/** The value that a chi-square variable of `degrees` exceeds with probability 1e-4 (Wilson and Hilferty 1931). */
export function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}
