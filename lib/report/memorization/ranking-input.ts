/** `ranking.json` of `lethe rank`, as far as the page shows it; other keys are let be. */
import { z } from 'zod';

const share = z.number().min(0).max(1);

export const rankingSchema = z.object({
  version: z.literal(1),
  /** Ranked outputs, and how many of them clone detection confirms. */
  outputs: z.int().min(0).optional(),
  memorized: z.int().min(0).optional(),
  scores: z.array(
    z.object({
      name: z.string(),
      /** Share of the first n outputs by this score that clone detection confirms. */
      precisionAt: z.array(z.object({ n: z.int().min(1), precision: share.nullable() })),
      /** Area under the curve; null where there is none, as with outputs of one kind only. */
      auc: share.nullable(),
      /** [false positive rate, true positive rate], from [0, 0] to [1, 1]. */
      roc: z.array(z.tuple([share, share])),
    }),
  ),
});
export type Ranking = z.infer<typeof rankingSchema>;
