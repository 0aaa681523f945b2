/** What two texts have in common: the set of all runs of five tokens, whatever the white space between them. */

/** Tokens of a run. */
const RUN = 5;

/** Words with digits and underscores; any other character that is no white space by itself. */
const TOKEN = /[\p{L}\p{N}_]+|[^\s]/gu;

/**
 * The distinct runs of a text as 32-bit hashes, ascending. A text of fewer than five tokens is one run; one without any
 * has none.
 */
export function shinglesOf(text: string): Uint32Array {
  const tokens = Array.from(text.matchAll(TOKEN), ([token]) => hashText(token));
  const runs = new Set<number>();
  const length = Math.min(RUN, tokens.length);
  for (let at = 0; length > 0 && at + length <= tokens.length; at++) {
    let hash = 0;
    for (let i = at; i < at + length; i++) hash = mix(Math.imul(hash, 31) + tokens[i]!);
    runs.add(hash >>> 0);
  }
  return Uint32Array.from(runs).sort();
}

/** Shared runs by all runs of either, 0 to 1; 1 of two texts without any. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i]! === b[j]!) {
      shared++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  const all = a.length + b.length - shared;
  return all === 0 ? 1 : shared / all;
}

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit of the argument. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
