/** By what a corpus recognises its sources and its shards. */
import { digestDirectory, digestFile } from '../../data/digest.js';

/** SHA-256 of a file, or of the files of a tree that are not hidden: what else lies there is none of the corpus. */
export async function digestSource(path: string, tree: boolean): Promise<string> {
  return tree ? digestDirectory(path, { hidden: false }) : digestFile(path);
}
