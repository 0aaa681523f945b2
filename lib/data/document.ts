/** A text with a name: what every stage that reads a corpus works on. */
export interface Document {
  readonly id: string;
  /** The id as its record has it, where that is a number. */
  readonly number?: number | bigint;
  readonly text: string;
  /** Where it came from: the file itself, or what the record says, `repository/path` where it names both. */
  readonly path?: string;
  /** As the record has it; several are joined by commas. */
  readonly licence?: string;
}
