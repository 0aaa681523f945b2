/** What clone detection finds, as records, and how two findings become one. */

export interface CloneOccurrence {
  readonly file: string;
  /** First and last raw line of the block, 1-based, inclusive. */
  readonly start: number;
  readonly end: number;
  /** The document in which the block stands, where documents are told apart: its id, or its number in the file from 0. */
  readonly document?: string;
}

export interface CloneGroup {
  /** Significant lines. */
  readonly length: number;
  /** md5 (hex) of the block's hash, which depends on the text and on the threshold; in the mode exact, of its text. */
  readonly fingerprint: string;
  readonly occurrences: readonly CloneOccurrence[];
}

export interface CloneTotals {
  /** Significant lines of the blocks counted in `blocks`. */
  readonly duplicateLines: number;
  /** Occurrences of the listed groups that no longer block covers. */
  readonly blocks: number;
  readonly filesWithBlocks: number;
  readonly significantLines: number;
  readonly rawLines: number;
  readonly files: number;
}

export interface CloneReport {
  /** In canonical order: length, fingerprint; occurrences by file, line. */
  readonly groups: readonly CloneGroup[];
  readonly totals: CloneTotals;
}

/** Order of UTF-16 units: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareGroups(a: CloneGroup, b: CloneGroup): number {
  return a.length - b.length || compareText(a.fingerprint, b.fingerprint);
}

export function compareOccurrences(a: CloneOccurrence, b: CloneOccurrence): number {
  return compareText(a.file, b.file) || a.start - b.start || a.end - b.end;
}

/** One group with every place of groups that are equal by length and fingerprint, once. */
export function joinGroups(groups: readonly CloneGroup[]): CloneGroup {
  const [first] = groups;
  if (groups.length === 1) return first!;
  const all = groups.flatMap(({ occurrences }) => occurrences).sort(compareOccurrences);
  const occurrences = all.filter((each, i) => i === 0 || compareOccurrences(all[i - 1]!, each) !== 0);
  return { length: first!.length, fingerprint: first!.fingerprint, occurrences };
}

/** Sums, but for `filesWithBlocks`, which the caller counts over the groups joined. */
export function addTotals(all: readonly CloneTotals[], filesWithBlocks: number): CloneTotals {
  const sum = (key: keyof CloneTotals) => all.reduce((total, totals) => total + totals[key], 0);
  return {
    duplicateLines: sum('duplicateLines'),
    blocks: sum('blocks'),
    filesWithBlocks,
    significantLines: sum('significantLines'),
    rawLines: sum('rawLines'),
    files: sum('files'),
  };
}

/** The union of findings: groups by length and fingerprint, their places once. The order of the reports is no matter. */
export function mergeReports(reports: readonly CloneReport[]): CloneReport {
  if (reports.length === 1) return reports[0]!;
  const sorted = reports.flatMap((report) => report.groups).sort(compareGroups);
  const groups: CloneGroup[] = [];
  for (let first = 0, end = 0; first < sorted.length; first = end) {
    while (end < sorted.length && compareGroups(sorted[first]!, sorted[end]!) === 0) end++;
    groups.push(joinGroups(sorted.slice(first, end)));
  }
  const files = new Set(groups.flatMap(({ occurrences }) => occurrences.map(({ file }) => file)));
  return {
    groups,
    totals: addTotals(
      reports.map(({ totals }) => totals),
      files.size,
    ),
  };
}
