/**
 * NFC, NFD, NFKC and NFKD with the place of every character. The text is that of `String.prototype.normalize`; which
 * characters became which follows the Rust tokenizers library (unicode-normalization-alignments), that is the
 * algorithm of Unicode Standard Annex 15, step by step. Its tables are older than Node's: characters newer than those
 * may be normalized here and not there.
 */
import type { AlignedText, Change } from './aligned-text.js';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** ASCII never changes, nor does it combine with what stands before it: each such stretch stands for itself. */
const STRETCH = /[\0-\x7f]?[^\0-\x7f]+/gu;

/** `aligned` in the given form; the same object if it is in that form already. */
export function normalizeUnicode(aligned: AlignedText, form: UnicodeForm): AlignedText {
  if (aligned.text.normalize(form) === aligned.text) return aligned;
  return aligned.change(changes(aligned.text, form));
}

function* changes(text: string, form: UnicodeForm): Generator<Change> {
  let done = 0;
  const kept = function* (from: number, to: number): Generator<Change> {
    for (const character of text.slice(from, to)) yield [character, 0];
  };
  for (const { 0: stretch, index } of text.matchAll(STRETCH)) {
    if (stretch.normalize(form) === stretch) continue;
    yield* kept(done, index);
    const decomposed = decompose(stretch, form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD');
    yield* form === 'NFC' || form === 'NFKC' ? recompose(decomposed) : decomposed;
    done = index + stretch.length;
  }
  yield* kept(done, text.length);
}

/** Each character's parts; runs of marks in canonical order. */
function decompose(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const parts: Change[] = [];
  let marks: Change[] = [];
  const flush = () => {
    parts.push(...marks.sort(([a], [b]) => compareClasses(a, b)));
    marks = [];
  };
  for (const character of text) {
    let change = 0;
    for (const part of character.normalize(form)) {
      if (isStarter(part)) {
        flush();
        parts.push([part, change]);
      } else marks.push([part, change]);
      change = 1;
    }
  }
  flush();
  return parts;
}

function* recompose(parts: readonly Change[]): Generator<Change> {
  let composee: Change | undefined;
  let waiting: Change[] = [];
  let last: string | undefined;
  for (const part of parts) {
    const [character, change] = part;
    const starter = isStarter(character);
    if (composee === undefined) {
      if (starter) composee = part;
      else yield part;
      continue;
    }
    const blocked = last !== undefined && (starter || compareClasses(last, character) >= 0);
    const composed = blocked ? undefined : compose(composee[0], character);
    if (composed !== undefined) {
      composee = [composed, composee[1] + change - 1];
    } else if (starter) {
      yield composee;
      yield* waiting;
      waiting = [];
      composee = part;
      last = undefined;
    } else {
      waiting.push(part);
      last = character;
    }
  }
  if (composee !== undefined) yield composee;
  yield* waiting;
}

function compose(left: string, right: string): string | undefined {
  const composed = (left + right).normalize('NFC');
  return composed.length === (composed.codePointAt(0)! > 0xffff ? 2 : 1) ? composed : undefined;
}

// JavaScript does not tell combining classes, but its normalize sorts by them.

/** Sign of the difference of two marks' combining classes. */
function compareClasses(a: string, b: string): number {
  if ((a + b).normalize('NFD') !== a + b) return 1;
  return (b + a).normalize('NFD') !== b + a ? -1 : 0;
}

/** Combining class 0. U+0334 has class 1, the least other, and U+0345 has 240, the largest. */
function isStarter(character: string): boolean {
  return (
    !/^\p{M}/u.test(character) ||
    (character !== '\u0345' &&
      compareClasses(character, '\u0334') <= 0 &&
      compareClasses('\u0345', character) <= 0)
  );
}
