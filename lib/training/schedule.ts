/** Learning-rate schedules as data: a rate is a pure function of the step, so a resumed run needs no state. */
import * as z from 'zod';

/** Warm-up rises linearly from 0; the decay then falls from the peak towards `finalShare` of it. */
export interface LearningRateSchedule {
  /** What follows the warm-up. `constant` keeps the peak. Default: `constant`. */
  readonly decay?: 'constant' | 'linear' | 'cosine' | undefined;
  /** Optimizer steps of linear warm-up; the first step has 1/warmupSteps of the peak. Integer >= 0. Default: 0. */
  readonly warmupSteps?: number | undefined;
  /** Share of the peak that the last step has at least, 0..1. Default: 0. No effect on `constant`. */
  readonly finalShare?: number | undefined;
}

export const scheduleSchema = z.strictObject({
  decay: z.enum(['constant', 'linear', 'cosine']).default('constant'),
  warmupSteps: z.int().min(0).default(0),
  finalShare: z.number().min(0).max(1).default(0),
});

/** From 1 at share 0 of the decay to 0 at share 1. */
const DECAYS: Readonly<Record<NonNullable<LearningRateSchedule['decay']>, (share: number) => number>> = {
  constant: () => 1,
  linear: (share) => 1 - share,
  cosine: (share) => (1 + Math.cos(Math.PI * share)) / 2,
};

/**
 * The learning rate of optimizer step `step` (0 is the first) of `totalSteps`.
 *
 * @param peak the rate at the end of the warm-up
 */
export function learningRateAt(
  { decay, warmupSteps, finalShare }: z.infer<typeof scheduleSchema>,
  peak: number,
  step: number,
  totalSteps: number,
): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const share = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return peak * (finalShare + (1 - finalShare) * DECAYS[decay](share));
}
