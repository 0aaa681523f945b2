import type { TextInput } from './lines/text-input.js';

/** A file of either side once its lines are known. */
export interface SearchedFile {
  readonly input: TextInput;
  readonly rawLines: number;
  readonly significantLines: number;
  /** Raw lines at which documents end, where documents are told apart. */
  readonly gaps: readonly number[];
}
