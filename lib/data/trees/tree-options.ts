/** What of a tree of files is read: the same options for all who read trees, with their defaults. */
import * as z from 'zod';
import type { PathPatterns } from './path-patterns.js';

/** Which files of a tree are documents. Patterns are those of .gitignore, within the tree. */
export interface TreeOptions extends PathPatterns {
  /** Also what begins with a dot. Default: false. */
  readonly hidden?: boolean | undefined;
  /** Larger files are left out. Default: 1 MiB, since what is larger is most often data or generated; at most 256 MiB. */
  readonly maxFileBytes?: number | undefined;
}

/** Texts longer than this make no document: V8's longest string has twice as many characters. */
export const MAX_TREE_FILE_BYTES = 2 ** 28;

export const DEFAULT_TREE_FILE_BYTES = 2 ** 20;

const patterns = z.array(z.string()).readonly().default([]);

/** {@link TreeOptions} with their defaults, as a corpus records them. */
export const treeOptionsSchema = z.strictObject({
  hidden: z.boolean().default(false),
  maxFileBytes: z.int().min(1).max(MAX_TREE_FILE_BYTES).default(DEFAULT_TREE_FILE_BYTES),
  include: patterns,
  exclude: patterns,
});

export type FullTreeOptions = z.infer<typeof treeOptionsSchema>;
