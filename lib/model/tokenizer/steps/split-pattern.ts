/** Cuts text into pieces at the matches of a pattern, as the Rust tokenizers library's `split` does. */
import { InputError } from '../../../errors.js';

/** Is told start and end of each piece, in code units, in order, none empty; false: no more are wanted. */
export type Emit = (start: number, end: number) => boolean;

/** Emits the pieces of `text`; false if it was stopped. What is in no piece is left out. */
export type Split = (text: string, emit: Emit) => boolean;

export const SPLIT_BEHAVIORS = [
  'Isolated',
  'Removed',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] as const;
export type SplitBehavior = (typeof SPLIT_BEHAVIORS)[number];

/**
 * GPT-2's pattern. `\s` is spelled out as the Unicode property: JavaScript's `\s` also takes U+FEFF (a byte-order
 * mark, common in source files) and misses U+0085, so it would give other tokens than the Rust library does.
 * (Compared with Rust tokenizers 0.23 over all code points: whitespace is equal; of the rest 4657 differ, all of them
 * assigned in Unicode versions that Node knows and that library does not.)
 */
export const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * What becomes of the matches of `pattern` (`invert`: of what is between them).
 *
 * The split throws InputError if one piece has more astral characters (emoji, say) than V8's backtracking stack can
 * hold: over four million of them without a break.
 *
 * @param pattern global; matches no empty text
 */
export function splitAt(pattern: RegExp, behavior: SplitBehavior, invert = false): Split {
  return (text, emit) => joined(behavior, emit, (part) => eachPart(pattern, text, invert, part));
}

/** Each piece of `first` is split by `second` on its own. */
export function splitTwice(first: Split, second: Split): Split {
  return (text, emit) =>
    first(text, (start, end) =>
      start === 0 && end === text.length
        ? second(text, emit)
        : second(text.slice(start, end), (from, to) => emit(start + from, start + to)),
    );
}

type Part = (start: number, end: number, isMatch: boolean) => boolean;

/** Matches and what is between them, in order. */
function eachPart(pattern: RegExp, text: string, invert: boolean, part: Part): boolean {
  // Patterns of their own: another text may be started on before this one is done.
  const next = new RegExp(pattern.source, 'guy');
  const find = new RegExp(pattern);
  let done = 0;
  while (done < text.length) {
    // Most matches follow on one another, and a sticky test costs half of what finding does.
    if (testFrom(next, text, done)) {
      if (!part(done, next.lastIndex, !invert)) return false;
      done = next.lastIndex;
      continue;
    }
    const start = findFrom(find, text, done);
    if (!part(done, start, invert)) return false;
    done = start;
  }
  return true;
}

function testFrom(pattern: RegExp, text: string, from: number): boolean {
  pattern.lastIndex = from;
  try {
    return pattern.test(text);
  } catch (cause) {
    throw tooLong(from, cause);
  }
}

/** Where the next match begins; the end of the text if there is none. */
function findFrom(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  try {
    return pattern.exec(text)?.index ?? text.length;
  } catch (cause) {
    throw tooLong(from, cause);
  }
}

function tooLong(from: number, cause: unknown): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected text whose words can be told apart but received one of millions of characters, which begins at character ${from}.`,
    { remedy: 'Cut the text into smaller documents.', cause },
  );
}

/** Joins parts as `behavior` says. */
function joined(behavior: SplitBehavior, emit: Emit, parts: (part: Part) => boolean): boolean {
  if (behavior === 'Isolated') return parts(emit);
  if (behavior === 'Removed') return parts((start, end, isMatch) => isMatch || emit(start, end));
  // One piece is held back until it is known whether the next part joins it.
  let heldStart = 0;
  let heldEnd = 0;
  let previous = false;
  const joins: Record<Exclude<SplitBehavior, 'Isolated' | 'Removed'>, (isMatch: boolean) => boolean> = {
    Contiguous: (isMatch) => isMatch === previous,
    MergedWithPrevious: (isMatch) => isMatch && !previous,
    MergedWithNext: (isMatch) => !isMatch && previous,
  };
  const joinsHeld = joins[behavior];
  const finished = parts((start, end, isMatch) => {
    if (heldEnd > heldStart && !joinsHeld(isMatch)) {
      if (!emit(heldStart, heldEnd)) return false;
      heldStart = start;
    } else if (heldEnd === heldStart) heldStart = start;
    heldEnd = end;
    previous = isMatch;
    return true;
  });
  return finished && (heldEnd === heldStart || emit(heldStart, heldEnd));
}
