/**
 * Puts the scanned parts of one corpus file together, in order, as if the file had been scanned in one go. What a part
 * cannot know are the windows over its seams: those are looked for in the last lines before a seam and the first ones
 * after it.
 */

import { feedLines } from '../lines/line-kernel.js';
import { LineTable } from '../lines/line-table.js';
import { CorpusScan } from './corpus-scan.js';
import type { ScannedPart } from './scan-part.js';
import type { WindowSets } from './window-sets.js';

export class PartJoiner {
  rawLines = 0;
  significantLines = 0;
  /** Raw lines at which documents end. */
  readonly gaps: number[] = [];
  readonly kept = new LineTable();
  readonly #sets: WindowSets;
  /** Lines that {@link CorpusScan.tail} has at most. */
  readonly #tailLines: number;
  /** The last lines so far, none before a gap: as many as a window over the seam can reach, and one before. */
  #tail = new LineTable();

  constructor(sets: WindowSets) {
    this.#sets = sets;
    this.#tailLines = new CorpusScan(sets).seamLines + 1;
    this.kept.startFile();
  }

  add(part: ScannedPart): void {
    const offset = this.rawLines;
    const { raw } = part.kept;
    // Of what the part keeps, that in its head is decided together with the seam.
    const seam = this.#tail.length > 0 && part.head.raw.length > 0;
    const rest = seam ? this.#joinSeam(part, offset) : 0;
    if (rest < raw.length) {
      if (rest === 0) this.kept.break();
      this.kept.appendLines(part.kept, rest, offset);
    }
    this.rawLines += part.rawLines;
    this.significantLines += part.significantLines;
    for (const gap of part.gaps) this.gaps.push(gap + offset);
    this.#moveTail(part, offset);
  }

  /** Keeps lines on both sides of the seam; returns how many rows of what the part keeps are dealt with. */
  #joinSeam(part: ScannedPart, offset: number): number {
    const region = new LineTable();
    region.appendLines(this.#tail.toLines());
    region.appendLines(part.head, 0, offset);
    const seam = new CorpusScan(this.#sets);
    feedLines(region, (count) => seam.take(count));

    const wanted = new Set<number>();
    // The first line of the tail is there to tell whether the one after it continues a stretch.
    const first = this.#tail.length === this.#tailLines ? 1 : 0;
    const rows = this.kept.length;
    const firstRaw = region.raw[first]!;
    for (let at = rows - 1; at >= 0 && (this.kept.raw[at] === 0 || this.kept.raw[at]! >= firstRaw); at--) {
      wanted.add(this.kept.raw[at]!);
    }
    for (let at = 0; at < seam.kept.length; at++) wanted.add(seam.kept.raw[at]!);
    const lastRaw = part.head.raw.at(-1)!;
    let rest = 0;
    while (rest < part.kept.raw.length && part.kept.raw[rest]! <= lastRaw) {
      if (part.kept.raw[rest] !== 0) wanted.add(part.kept.raw[rest]! + offset);
      else if (part.kept.raw[rest + 1]! > lastRaw) break;
      rest++;
    }

    this.kept.dropFrom(firstRaw);
    let adjacent = first === 1 && this.kept.lastRaw() === region.raw[0];
    for (let at = first; at < region.length; at++) {
      const rawLine = region.raw[at]!;
      if (wanted.has(rawLine)) {
        if (!adjacent) this.kept.break();
        this.kept.append(region.hashes[2 * at]!, region.hashes[2 * at + 1]!, rawLine);
      }
      adjacent = wanted.has(rawLine);
    }
    return rest;
  }

  #moveTail({ tail, gaps, significantLines }: ScannedPart, offset: number): void {
    const next = new LineTable();
    if (gaps.length === 0 && significantLines === tail.raw.length) {
      const surplus = this.#tail.length + tail.raw.length - this.#tailLines;
      next.appendLines(this.#tail.toLines(), Math.max(0, Math.min(surplus, this.#tail.length)));
    }
    next.appendLines(tail, 0, offset);
    this.#tail = next;
  }
}
