/** What a secret is: the record that the scanner writes and every later stage reads. */
import * as z from 'zod';

/** The kinds of sensitive text that the scanner finds, with the names of the published records. */
export const SECRET_TAGS = ['EMAIL', 'IP_ADDRESS', 'KEY'] as const;

export type SecretTag = (typeof SECRET_TAGS)[number];

/** One occurrence of one sensitive value in one text. */
export interface Secret {
  /** Its kind: a {@link SecretTag} where the scanner found it, else any name, `LICENCE` say. */
  readonly tag: string;
  /** What found it: `Email Address`, `IPv4 Address`, `IPv6 Address`, or the detect-secrets name of a key rule. */
  readonly type: string;
  readonly value: string;
  /** Offset of its first UTF-16 code unit in the text. */
  readonly start: number;
  /** Offset one past its last UTF-16 code unit; `text.slice(start, end) === value`. */
  readonly end: number;
}

/** A document that has been scanned. */
export interface ScannedDocument {
  readonly id: string;
  /** The id as its record has it, where that is a number. */
  readonly number?: number | bigint;
  readonly text: string;
  readonly secrets: readonly Secret[];
}

/** The same record when it comes from a file, not yet compared with its text. Unknown keys are dropped. */
export const secretSchema: z.ZodType<Secret> = z.object({
  tag: z.string().min(1),
  type: z.string(),
  value: z.string().min(1),
  start: z.int().min(0),
  end: z.int().min(0),
});
