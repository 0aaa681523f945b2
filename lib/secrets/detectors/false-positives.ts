/**
 * What looks like a key and is none (REFERENCE section 6.1): the heuristics of detect-secrets that the published
 * pipeline keeps, and its two rules about hashes. Everything here takes linear time in the text, however many values.
 */
import { isGibberish } from './gibberish.js';
import type { KeyFinding } from './key-detector.js';

const UUID = /[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}/i;
const HEXADECIMAL = /^[0-9a-f]+$/i;
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
/** detect-secrets `is_sequential_string`: values that are a stretch of one of these. */
const SEQUENCES: readonly string[] = [
  `${UPPER}${UPPER}${DIGITS}+/`,
  `${DIGITS}${UPPER}${UPPER}+/`,
  `${DIGITS}${UPPER}`.repeat(2),
  DIGITS.repeat(2),
  `${DIGITS}ABCDEFABCDEF`.repeat(2),
  `${UPPER}=/`,
];

/** Does the value stand for a key without being one: a template, a sequence, or without letters? */
export function isStandIn(value: string): boolean {
  const upper = value.toUpperCase();
  return (
    isTemplated(value) || SEQUENCES.some((sequence) => sequence.includes(upper)) || !/[a-zA-Z]/.test(value)
  );
}

/**
 * Is the value, by itself, no key: a stand-in for one, a UUID, or made of words? (ours) Six letters of sixteen characters
 * say nothing about words: hexadecimal values pass, as in detect-secrets' own filter.
 */
export function isHarmlessValue(value: string): boolean {
  return isStandIn(value) || UUID.test(value) || (!HEXADECIMAL.test(value) && !isGibberish(value));
}

/** `{name}`, `<name>` or `${name}`, or a single character. */
function isTemplated(value: string): boolean {
  return (
    value.length < 2 || (/^(?:\$?\{|<)/.test(value) && (value.startsWith('<') ? '>' : '}') === value.at(-1))
  );
}

/**
 * Do more than 2% of a file's lines mention "sha", or more than 2% "hash"? Such a file yields no keys. The words are
 * looked for anywhere, so that "share" counts, as it does in the published pipeline.
 */
export function mentionsHashes(text: string): boolean {
  if (!/sha|hash/i.test(text)) return false;
  let lines = 0;
  let sha = 0;
  let hash = 0;
  for (const line of text.toLowerCase().split(/\r\n|\n|\r/)) {
    lines++;
    if (line.includes('sha')) sha++;
    if (line.includes('hash')) hash++;
  }
  return Math.max(sha, hash) > 0.02 * lines;
}

interface LineFacts {
  /** Offset one past the first thing on the line that announces an id; Infinity if none does. */
  readonly idEnd: number;
  /** Offsets of the first and one past the last word on the line that announces a hash; Infinity and -1 if none does. */
  readonly hashStart: number;
  readonly hashEnd: number;
}

/** Answers questions about the line that a value stands on, and looks at each line once. */
export class LineContext {
  readonly #text: string;
  readonly #lineStarts: readonly number[];
  readonly #facts = new Map<number, LineFacts>();

  constructor(text: string) {
    this.#text = text;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (end) => end.index + end[0].length)];
  }

  /**
   * Is a value found by its entropy alone an id: does `id = `, `user_id: ` or the like stand before it on its line?
   * (detect-secrets `is_likely_id_string`.)
   */
  isLikelyId(rule: KeyFinding['rule'], start: number): boolean {
    return rule.evidence === 'entropy' && this.#line(start).idEnd <= start;
  }

  /** Is a value of 32, 40 or 64 characters a hash: does its line mention sha, md5, hash or byte outside of it? */
  isLikelyHash(start: number, end: number): boolean {
    if (![32, 40, 64].includes(end - start)) return false;
    const line = this.#line(start);
    return line.hashStart < start || line.hashEnd > end;
  }

  #line(offset: number): LineFacts {
    const index = lastAtMost(this.#lineStarts, offset);
    const known = this.#facts.get(index);
    if (known !== undefined) return known;
    const from = this.#lineStarts[index]!;
    const line = this.#text.slice(from, this.#lineStarts[index + 1]);
    const id = /(?:^(?:id|myid|userid)|_id)s?[^a-z0-9]/i.exec(line);
    const words = [...line.matchAll(/sha|md5|hash|byte/gi)];
    const last = words.at(-1);
    const facts = {
      idEnd: id === null ? Number.POSITIVE_INFINITY : from + id.index + id[0].length,
      hashStart: words[0] === undefined ? Number.POSITIVE_INFINITY : from + words[0].index,
      hashEnd: last === undefined ? -1 : from + last.index + last[0].length,
    };
    this.#facts.set(index, facts);
    return facts;
  }
}

/** Index of the last number <= `limit` in an ascending list whose first number is 0. */
function lastAtMost(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
