/** What the readers of tokenizer.json's parts share: one way to check a part, to refuse one, to read a pattern. */
import * as z from 'zod';
import { describeIssue } from '../../../check.js';
import { InputError } from '../../../errors.js';
import { escapePattern, translatePattern, UntranslatablePattern } from '../oniguruma.js';

/** @throws InputError `ERR_MODEL_FORMAT` if `value`, named by `what`, does not fit */
export function readPart<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, value, what));
}

/** @throws InputError `ERR_MODEL_UNSUPPORTED`, always */
export function refuse(found: string, path: string): never {
  throw new InputError(
    'ERR_MODEL_UNSUPPORTED',
    `Expected a tokenizer that Lethe encodes exactly, BPE or WordPiece, in ${path} but found ${found}.`,
  );
}

/** A pattern of tokenizer.json: text to be found as it is, or a regular expression of Oniguruma's. */
export const patternField = z.union([
  z.looseObject({ String: z.string() }),
  z.looseObject({ Regex: z.string() }),
]);

/**
 * @returns a global regular expression that matches no empty text
 * @throws InputError `ERR_MODEL_UNSUPPORTED`
 */
export function readPattern(pattern: z.infer<typeof patternField>, what: string): RegExp {
  try {
    const found =
      'String' in pattern
        ? new RegExp(escapePattern(pattern.String as string), 'gu')
        : translatePattern((pattern as { Regex: string }).Regex);
    if (new RegExp(found).test('')) throw new UntranslatablePattern('a pattern that matches nothing at all');
    return found;
  } catch (error) {
    if (!(error instanceof UntranslatablePattern)) throw error;
    return refuse(`${error.message} in the pattern ${JSON.stringify(Object.values(pattern)[0])}`, what);
  }
}
