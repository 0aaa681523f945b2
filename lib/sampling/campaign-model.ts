/** Which model a campaign samples from: its name, and a digest that is not computed again while its files are untouched. */
import * as z from 'zod';
import { digestText } from '../data/digest.js';
import { digestModel, modelDirectories } from '../data/model-digest.js';
import { walkFiles } from '../data/trees/walk.js';

export const campaignModelSchema = z.strictObject({
  /** As the user calls it: a directory, or a name on the hub. */
  name: z.string(),
  /** Of a model on the hub. */
  commit: z.string().optional(),
  /** SHA-256 of its directory and of its base's, see `digestModel`. */
  digest: z.string(),
  /** SHA-256 of the names, sizes and modification times of its files: while it holds, so does `digest`. */
  stamp: z.string().optional(),
  /** That the weights are held in: `float32`, say. */
  dtype: z.string().optional(),
});

export type CampaignModel = z.infer<typeof campaignModelSchema>;

/**
 * Digests a model, unless one of the `known` models has files of these names, sizes and times: a large
 * model is not read again each time that a campaign goes on.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`
 */
export async function identifyModel(
  directory: string,
  called: Pick<CampaignModel, 'name' | 'commit' | 'dtype'>,
  known: readonly CampaignModel[] = [],
): Promise<CampaignModel> {
  const stamp = await stampOf(directory);
  const digest =
    known.find((model) => model.stamp === stamp)?.digest ?? (await digestModel(directory)).digest;
  return { ...called, digest, stamp };
}

async function stampOf(directory: string): Promise<string> {
  const lines: string[] = [];
  for (const each of await modelDirectories(directory))
    for await (const { name, sizeBytes, modifiedMs } of walkFiles(each, { hidden: true }))
      lines.push(`${name} ${sizeBytes} ${modifiedMs}\n`);
  return digestText(lines.join(''));
}
