/**
 * The clone rules in their plainest form, to compare with: strings, BigInt, one pass per length over everything. It
 * shares no code with lib/clones.
 */
import { createHash } from 'node:crypto';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface PlainGroup {
  readonly length: number;
  readonly fingerprint: string;
  /** `name:start-end`, sorted. */
  readonly occurrences: readonly string[];
}

const MASK = (1n << 64n) - 1n;
const WORDS_AND_SYMBOLS = /[0-9A-Za-z\u0100-\uffff]+|(?![!"',.:;?])[\u0021-\u00ff]/g;
const WORD = /^[0-9A-Za-z\u0100-\uffff]/;

/** A byte order mark at the start of the file is dropped, as Simian does. */
export function splitLines(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Undefined for a line without tokens. */
export function hashLine(line: string): bigint | undefined {
  let hash = 0n;
  let afterWord = false;
  const tokens = line.match(WORDS_AND_SYMBOLS) ?? [];
  for (const token of tokens) {
    const isWord = WORD.test(token);
    if (isWord && afterWord) hash = (31n * hash + 32n) & MASK;
    hash = (31n * hash + hashToken(isWord ? token.toLowerCase() : token)) & MASK;
    afterWord = isWord;
  }
  return tokens.length === 0 ? undefined : hash;
}

function hashToken(token: string): bigint {
  let hash = 0n;
  for (let i = 0; i < token.length; i++) hash = BigInt.asIntN(32, 31n * hash + BigInt(token.charCodeAt(i)));
  return hash;
}

interface Line {
  readonly file: string;
  readonly raw: number;
  readonly hash: bigint;
}

/** Every group with an occurrence in a file of `outputs` and one in another file. */
export function findSharedBlocks(
  files: readonly NamedFile[],
  outputs: ReadonlySet<string>,
  threshold: number,
): PlainGroup[] {
  // Files laid end to end, with a gap after each that no window spans.
  const lines: (Line | undefined)[] = [];
  for (const { name, bytes } of files) {
    for (const [i, text] of splitLines(bytes).entries()) {
      const hash = hashLine(text);
      if (hash !== undefined) lines.push({ file: name, raw: i + 1, hash });
    }
    lines.push(undefined);
  }

  let windows = new Map<number, bigint>();
  for (let i = 0; i + threshold <= lines.length; i++) {
    const window = lines.slice(i, i + threshold);
    if (window.includes(undefined)) continue;
    windows.set(
      i,
      window.reduce((hash, line) => (31n * hash + line!.hash) & MASK, 0n),
    );
  }

  const found: PlainGroup[] = [];
  for (let length = threshold; windows.size > 0; length++) {
    const groups = duplicated(windows);
    const alive = new Map([...groups].flatMap(([hash, members]) => members.map((i) => [i, hash] as const)));
    const longer = new Map<number, bigint>();
    for (const [i, hash] of alive) {
      const next = alive.get(i + 1);
      if (next !== undefined) longer.set(i, (31n * hash + next) & MASK);
    }
    const covering = new Set([...duplicated(longer).values()].flat());
    for (const [hash, members] of groups) {
      const sides = new Set(members.map((i) => outputs.has(lines[i]!.file)));
      if (sides.size < 2) continue;
      if (members.every((i) => covering.has(i) || covering.has(i - 1))) continue;
      found.push({
        length,
        fingerprint: createHash('md5').update(BigInt.asIntN(64, hash).toString()).digest('hex'),
        occurrences: members
          .map((i) => `${lines[i]!.file}:${lines[i]!.raw}-${lines[i + length - 1]!.raw}`)
          .sort(),
      });
    }
    windows = longer;
  }
  return sortGroups(found);
}

function duplicated(windows: ReadonlyMap<number, bigint>): Map<bigint, number[]> {
  const groups = new Map<bigint, number[]>();
  for (const [i, hash] of windows) {
    const members = groups.get(hash);
    if (members === undefined) groups.set(hash, [i]);
    else members.push(i);
  }
  return new Map([...groups].filter(([, members]) => members.length > 1));
}

export function sortGroups(groups: readonly PlainGroup[]): PlainGroup[] {
  const key = ({ length, fingerprint }: PlainGroup) => `${String(length).padStart(9, '0')} ${fingerprint}`;
  return [...groups].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
