/**
 * Finds what gives secrets away in any text: every run of {@link LEAST_RUN} characters of the body of one, so that a
 * recitation that breaks off is found as well as a whole value, in whatever case and with whatever escapes. The one
 * mechanism behind every mask: of pages, of messages.
 */
import { decode, foldCase } from './folded-text.js';
import { ORDINARY_WORDS } from './ordinary-words.js';
import { bodyOf, isPlainWord, isText, LEAST_RUN, LEAST_TEXT_RUN, type Stretch } from './secret-body.js';

export const DOT = '\u2022';

/** A dot for every character that is not white space: lengths, lines and offsets stay. */
export function dots(text: string): string {
  return text.replace(/\S/g, DOT);
}

/** A text cut where something is hidden, in order; joined again it is the text. */
export interface VeilPiece {
  readonly text: string;
  readonly secret: boolean;
}

export class Veil {
  readonly #runs = new RunFinder(LEAST_RUN);
  readonly #textRuns = new RunFinder(LEAST_TEXT_RUN);

  /** Values shorter than {@link LEAST_RUN} are nowhere found: they would mask ordinary code. */
  constructor(values: Iterable<string>) {
    for (const value of new Set(values)) this.#add(value);
  }

  get isEmpty(): boolean {
    return this.#runs.isEmpty && this.#textRuns.isEmpty;
  }

  /** What is to be hidden, in UTF-16 units of the text, in order, none touching the next. */
  find(text: string): Stretch[] {
    if (this.isEmpty) return [];
    const found: Stretch[] = [];
    const plain = foldCase(text);
    const decoded = decode(text);
    for (const finder of [this.#runs, this.#textRuns]) {
      found.push(...finder.find(plain));
      if (decoded === undefined) continue;
      for (const { start, end } of finder.find(decoded.units))
        found.push({ start: decoded.starts![start]!, end: decoded.ends![end - 1]! });
    }
    return merge(found);
  }

  split(text: string): VeilPiece[] {
    const pieces: VeilPiece[] = [];
    let from = 0;
    for (const { start, end } of this.find(text)) {
      if (start > from) pieces.push({ text: text.slice(from, start), secret: false });
      pieces.push({ text: text.slice(start, end), secret: true });
      from = end;
    }
    if (from < text.length) pieces.push({ text: text.slice(from), secret: false });
    return pieces;
  }

  /** The text with {@link dots} in place of what gives a secret away. */
  hide(text: string): string {
    const found = this.find(text);
    return found.length === 0
      ? text
      : replaceStretches(text, found, ({ start, end }) => dots(text.slice(start, end)));
  }

  #add(value: string): void {
    if (!isText(value)) {
      this.#runs.add(value, bodyOf(value));
      return;
    }
    this.#textRuns.add(value, { start: 0, end: value.length });
    for (const word of value.split(/\s+/)) if (!isPlainWord(word)) this.#runs.add(word, bodyOf(word));
  }
}

/** The text with another in place of each stretch. @param stretches in order of start; of what lies in one before it nothing is left to replace */
export function replaceStretches<T extends Stretch>(
  text: string,
  stretches: readonly T[],
  standIn: (stretch: T) => string,
): string {
  let replaced = '';
  let copied = 0;
  for (const stretch of stretches) {
    if (stretch.end <= copied) continue;
    replaced += text.slice(copied, stretch.start) + standIn(stretch);
    copied = stretch.end;
  }
  return replaced + text.slice(copied);
}

/** Finds runs of at least `length` units that a text shares with values. */
class RunFinder {
  /** Runs of just `length` units: all of the values, and those with nothing public in them. */
  readonly #all = new Set<string>();
  readonly #secret = new Set<string>();
  /** By a hash of its first three units, whether a run may begin: nearly all of a text is passed over with it. */
  readonly #mayStart = new Uint8Array(1 << 16);

  constructor(readonly length: number) {}

  get isEmpty(): boolean {
    return this.#secret.size === 0;
  }

  add(value: string, body: Stretch): void {
    this.#addRuns(foldCase(value), body);
    const decoded = decode(value);
    if (decoded === undefined) return;
    const starts = decoded.starts!.subarray(0, decoded.units.length);
    const start = starts.findIndex((at) => at >= body.start);
    const end = starts.findIndex((at) => at >= body.end);
    this.#addRuns(decoded.units, { start, end: end === -1 ? decoded.units.length : end });
  }

  #addRuns(units: string, { start, end }: Stretch): void {
    for (let at = 0; at + this.length <= units.length; at++) {
      const run = units.slice(at, at + this.length);
      this.#all.add(run);
      this.#mayStart[hashOf(units, at)] = 1;
      if (at >= start && at + this.length <= end) this.#secret.add(run);
    }
  }

  /** Runs of the units of which a part, at least, is secret. May overlap. */
  find(units: string): Stretch[] {
    const found: Stretch[] = [];
    if (this.isEmpty) return found;
    const last = units.length - this.length;
    for (let at = 0; at <= last; at++) {
      if (this.#mayStart[hashOf(units, at)] === 0) continue;
      const start = at;
      // The part of the run in which nothing is public.
      let from = -1;
      let to = -1;
      for (; at <= last; at++) {
        const run = units.slice(at, at + this.length);
        if (!this.#all.has(run)) break;
        if (!this.#secret.has(run)) continue;
        if (from === -1) from = at;
        to = at + this.length;
      }
      if (from !== -1 && !isOrdinary(units, from, to)) found.push({ start, end: at - 1 + this.length });
      // What broke the run off may begin another one.
      if (at > start) at--;
    }
    return found;
  }
}

/** A hash of the three units at an offset. */
function hashOf(units: string, at: number): number {
  return (units.charCodeAt(at) * 961 + units.charCodeAt(at + 1) * 31 + units.charCodeAt(at + 2)) & 0xffff;
}

const LETTER = /\p{L}/u;

/** Whether a stretch lies within one ordinary word that stands alone. */
function isOrdinary(units: string, start: number, end: number): boolean {
  let from = start;
  let to = end;
  while (from > 0 && start - from < 24 && LETTER.test(units[from - 1]!)) from--;
  while (to < units.length && to - end < 24 && LETTER.test(units[to]!)) to++;
  return ORDINARY_WORDS.has(units.slice(from, to));
}

function merge(stretches: readonly Stretch[]): Stretch[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of stretches.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}
