/**
 * A detector: what finds one kind of secret. It names the literals by which its finds are known; one pass over the text
 * (literal-search.ts) tells all detectors where theirs stand, and each looks at those places alone.
 */
import { LiteralSearch } from './literal-search.js';

/** A value and where it was seen first. */
export interface Finding {
  readonly value: string;
  readonly start: number;
}

export interface Detector<Found extends Finding> {
  /** ASCII, any case, none twice. */
  readonly literals: readonly string[];
  /** @param path of the document, where its detector minds that */
  begin(text: string, path?: string): DetectorRun<Found>;
}

/** A detector at work on one text. */
export interface DetectorRun<Found extends Finding> {
  /** `literals[literal]`, in any case, stands at `start`; called in the order of their ends. */
  at(literal: number, start: number): void;
  /** What was found, once the whole text has been seen. */
  finish(): Iterable<Found>;
}

/** Several detectors over texts, in one pass over each. */
export class DetectorSet<Found extends Finding> {
  readonly #detectors: readonly Detector<Found>[];
  readonly #search: LiteralSearch;
  /** Of each literal: the detectors that asked for it, and its number there. */
  readonly #askers: readonly (readonly { readonly detector: number; readonly literal: number }[])[];

  constructor(detectors: readonly Detector<Found>[]) {
    this.#detectors = detectors;
    const askers = new Map<string, { detector: number; literal: number }[]>();
    for (const [detector, { literals }] of detectors.entries()) {
      for (const [literal, text] of literals.entries()) {
        const folded = text.toLowerCase();
        const known = askers.get(folded);
        if (known === undefined) askers.set(folded, [{ detector, literal }]);
        else known.push({ detector, literal });
      }
    }
    this.#askers = [...askers.values()];
    this.#search = new LiteralSearch([...askers.keys()]);
  }

  /** What each detector found, in the order of the detectors. */
  findAll(text: string, path?: string): Found[][] {
    const runs = this.#detectors.map((detector) => detector.begin(text, path));
    this.#search.search(text, (number, start) => {
      for (const { detector, literal } of this.#askers[number]!) runs[detector]!.at(literal, start);
    });
    return runs.map((run) => [...run.finish()]);
  }
}
