/** `--thresholds`: two numbers, or the file that `lethe threshold` wrote. */
import * as z from 'zod';
import { check } from '../../check.js';
import { InputError } from '../../errors.js';
import { readJsonFile } from '../../files.js';
import type { Thresholds } from '../../memorization/thresholds.js';

const share = z.number().min(0).max(1);

/** What unlearning looks at; the file says more. EL_10 is what the run stops on. */
const fileSchema = z.looseObject({
  memorizationAccuracy: share,
  extractionLikelihood: z.looseObject({ 10: share }),
});

/** @throws InputError `ERR_INVALID_OPTION`; what reading the file throws */
export async function readThresholds(value: string): Promise<Thresholds> {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.every(Number.isNaN)) {
    const { memorizationAccuracy, extractionLikelihood } = check(
      fileSchema,
      await readJsonFile(value),
      value,
    );
    return { memorizationAccuracy, extractionLikelihood: { 10: extractionLikelihood[10] } };
  }
  const [memorizationAccuracy, extraction, ...more] = numbers;
  if (isShare(memorizationAccuracy) && isShare(extraction) && more.length === 0)
    return { memorizationAccuracy, extractionLikelihood: { 10: extraction } };
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected MA and EL_10, two numbers in 0..1 separated by a comma, or a file of lethe threshold, for --thresholds but received "${value}".`,
  );
}

function isShare(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= 1;
}
