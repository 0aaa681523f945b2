/** A model as the record of a run names it. */
import { modelOfSnapshot } from '../model/hub/hub-cache.js';
import { digestModel } from './model-digest.js';
import type { RunSource } from './outputs/run-manifest.js';

/** One in the hub's cache is called by its name and commit. @throws InputError what {@link digestModel} throws */
export async function modelSource(path: string): Promise<RunSource> {
  const { name, commit } = modelOfSnapshot(path) ?? {};
  return { path: name ?? path, ...(commit === undefined ? {} : { commit }), ...(await digestModel(path)) };
}
