/** What a model is made of: its directory, or, of an adapter alone, that of its base as well. */
import { placeOf } from '../model/adapters/model-place.js';
import { digestDirectory, digestText } from './digest.js';

export interface ModelDigest {
  /** SHA-256 in hex: `digestDirectory`; of an adapter alone, of the lines `<digest>  adapter` and `<digest>  base`. */
  readonly digest: string;
  /** Where the base of an adapter alone lies, and its own digest. */
  readonly base?: { readonly path: string; readonly digest: string };
}

/** The directories that a model is read from. @throws InputError what `placeOf` throws */
export async function modelDirectories(directory: string): Promise<string[]> {
  const { base } = await placeOf(directory);
  return base === directory ? [directory] : [directory, base];
}

/** @throws InputError `ERR_FILE_READ`; what `placeOf` throws */
export async function digestModel(directory: string): Promise<ModelDigest> {
  const [, base] = await modelDirectories(directory);
  const own = await digestDirectory(directory);
  if (base === undefined) return { digest: own };
  const digest = await digestDirectory(base);
  return { digest: digestText(`${own}  adapter\n${digest}  base\n`), base: { path: base, digest } };
}
