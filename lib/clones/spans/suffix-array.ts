/**
 * The suffix array of a text by induced sorting (SA-IS; Nong, Zhang and Chan 2009), in linear time, and with it the lengths
 * of common prefixes (Kasai et al. 2001).
 */

type Text = Uint8Array | Int32Array;

/** Where the suffixes of `text` begin, in the order of the suffixes. @param last the largest value in `text` */
export function sortSuffixes(text: Text, last: number): Int32Array {
  const size = text.length;
  const sorted = new Int32Array(size);
  if (size < 2) return sorted;
  // 1: less than the suffix after it.
  const isSmaller = new Uint8Array(size);
  for (let at = size - 2; at >= 0; at--) {
    const [here, next] = [text[at]!, text[at + 1]!];
    isSmaller[at] = here === next ? isSmaller[at + 1]! : here < next ? 1 : 0;
  }
  // Where the larger suffixes of each first value begin, and where its smaller ones do.
  const larger = new Int32Array(last + 2);
  const smaller = new Int32Array(last + 1);
  for (let at = 0; at < size; at++) {
    if (isSmaller[at] === 0) smaller[text[at]!]!++;
    else larger[text[at]! + 1]!++;
  }
  for (let value = 0; value <= last; value++) {
    smaller[value]! += larger[value]!;
    larger[value + 1]! += smaller[value]!;
  }

  const induce = (starts: Int32Array): void => {
    sorted.fill(-1);
    const next = smaller.slice();
    for (const at of starts) sorted[next[text[at]!]!++] = at;
    next.set(larger.subarray(0, last + 1));
    sorted[next[text[size - 1]!]!++] = size - 1;
    for (let i = 0; i < size; i++) {
      const at = sorted[i]! - 1;
      if (at >= 0 && isSmaller[at] === 0) sorted[next[text[at]!]!++] = at;
    }
    const end = larger.slice();
    for (let i = size - 1; i >= 0; i--) {
      const at = sorted[i]! - 1;
      if (at >= 0 && isSmaller[at] === 1) sorted[--end[text[at]! + 1]!] = at;
    }
  };

  // Leftmost of the smaller ones: the order of all suffixes follows from theirs.
  const number = new Int32Array(size).fill(-1);
  const found: number[] = [];
  for (let at = 1; at < size; at++) {
    if (isSmaller[at - 1] === 1 || isSmaller[at] === 0) continue;
    number[at] = found.length;
    found.push(at);
  }
  const leftmost = Int32Array.from(found);
  induce(leftmost);
  if (leftmost.length === 0) return sorted;
  const inOrder = sorted.filter((at) => number[at] !== -1);
  const endOf = (at: number) => leftmost[number[at]! + 1] ?? size;
  const names = new Int32Array(leftmost.length);
  let name = 0;
  for (let i = 1; i < inOrder.length; i++) {
    if (!equalPieces(text, inOrder[i - 1]!, endOf(inOrder[i - 1]!), inOrder[i]!, endOf(inOrder[i]!))) name++;
    names[number[inOrder[i]!]!] = name;
  }
  induce(sortSuffixes(names, name).map((i) => leftmost[i]!));
  return sorted;
}

/** Whether two pieces agree, the value at their end included. */
function equalPieces(text: Text, first: number, end: number, second: number, secondEnd: number): boolean {
  if (end - first !== secondEnd - second || Math.max(end, secondEnd) === text.length) return false;
  for (let i = 0; i <= end - first; i++) if (text[first + i] !== text[second + i]) return false;
  return true;
}

/** The rank of each suffix. */
export function rankSuffixes(sorted: Int32Array, ranks: Int32Array): void {
  for (let rank = 0; rank < sorted.length; rank++) ranks[sorted[rank]!] = rank;
}

/** Of each rank, how much its suffix has in common with that of the rank before it. */
export function commonPrefixes(text: Text, sorted: Int32Array, ranks: Int32Array, common: Int32Array): void {
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const rank = ranks[at]!;
    if (rank === 0) {
      length = 0;
      continue;
    }
    const before = sorted[rank - 1]!;
    const most = text.length - Math.max(at, before);
    while (length < most && text[at + length] === text[before + length]) length++;
    common[rank] = length;
    if (length > 0) length--;
  }
}
