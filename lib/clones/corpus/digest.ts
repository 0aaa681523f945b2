/** By what a corpus recognises its sources and its shards. */
import { digestDirectory, digestFile } from '../../data/digest.js';
import { selectionOf } from '../../data/trees/source-tree.js';
import type { FullTreeOptions } from '../../data/trees/tree-options.js';

/** SHA-256 of a file, or of the files of a tree that are taken by name and size: what else lies there is none of the corpus. */
export async function digestSource(path: string, tree: FullTreeOptions | undefined): Promise<string> {
  return tree === undefined ? digestFile(path) : digestDirectory(path, selectionOf(tree));
}
