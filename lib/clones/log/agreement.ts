/**
 * Which groups of a clone log are equal as text. Simian's hash equates lines that differ (docs/clones.md, "As text"), runs
 * of any repeated line above all, and its log lists them; whoever counts memorization by it wants to know. Lines are
 * compared as the mode exact does: bytes but for trailing white space, blank lines left out.
 */
import { createHash } from 'node:crypto';
import { counted } from '../../counted.js';
import { InputError } from '../../errors.js';
import { type BlockPlace, exactFingerprints } from '../blocks/exact-fingerprints.js';
import type { CloneGroup, CloneOccurrence } from '../clone-report.js';
import { openTextInput, type TextInput } from '../lines/text-input.js';

/**
 * The fingerprint of runs of one line: their hash is 0 at any length and whatever the line says (docs/clones.md, "Equal
 * though unlike").
 */
export const ZERO_HASH = createHash('md5').update('0').digest('hex');

/** Occurrences that are compared at once: some 100 MB, and a look at the files for each such lot. */
const LOT = 2 ** 18;

export interface AgreementOptions {
  /** Whether a file of the log is the outputs; all others are corpus. */
  readonly isOutputs: (file: string) => boolean;
  /** Where a file of the log lies now. */
  readonly locate: (file: string) => string;
  readonly signal?: AbortSignal | undefined;
}

/** What was left out, and what could not be compared. */
export interface AgreementTally {
  /** Groups of which no text in the outputs stands in the corpus. */
  groups: number;
  /** Places of other groups, in outputs and corpus, whose text does not stand on the other side. */
  places: number;
  /** Groups that were kept though the corpus, or the outputs, could not be read to compare all their places. */
  unchecked: number;
  /** Files that could not be read, as the log names them, or that are shorter than the log says. */
  missing: string[];
}

/** Takes groups, all of which have occurrences on both sides, and gives back those, and of those the places, that agree. */
export class Agreement {
  readonly tally: AgreementTally = { groups: 0, places: 0, unchecked: 0, missing: [] };
  readonly #options: AgreementOptions;
  readonly #inputs = new Map<string, TextInput | undefined>();
  #waiting: CloneGroup[] = [];
  #occurrences = 0;

  constructor(options: AgreementOptions) {
    this.#options = options;
  }

  /** Groups are compared many at once: those given back are the ones that waited, in their order. */
  async add(group: CloneGroup): Promise<CloneGroup[]> {
    this.#waiting.push(group);
    this.#occurrences += group.occurrences.length;
    return this.#occurrences < LOT ? [] : this.flush();
  }

  /** Those that are still waiting. */
  async flush(): Promise<CloneGroup[]> {
    const groups = this.#waiting;
    this.#waiting = [];
    this.#occurrences = 0;
    const texts = await this.#read(groups);
    return groups.flatMap((group) => this.#judge(group, texts) ?? []);
  }

  /** The fingerprints of the texts at all places, by place. */
  async #read(groups: readonly CloneGroup[]): Promise<ReadonlyMap<string, string>> {
    const places = new Map<string, BlockPlace>();
    for (const { occurrences } of groups) {
      for (const occurrence of occurrences) {
        const { file, start, end, document } = occurrence;
        // A log of the mode exact: its fingerprint is that of the text.
        if (document !== undefined) continue;
        const input = await this.#open(file);
        if (input !== undefined) places.set(nameOf(occurrence), { input, start, end });
      }
    }
    const found = await exactFingerprints([...places.values()], this.#options.signal);
    const texts = new Map<string, string>();
    for (const [i, name] of [...places.keys()].entries()) {
      const text = found[i];
      if (text !== undefined) texts.set(name, text);
    }
    return texts;
  }

  async #open(file: string): Promise<TextInput | undefined> {
    if (this.#inputs.has(file)) return this.#inputs.get(file);
    const input = await openTextInput(this.#options.locate(file)).catch((error: unknown) => {
      if (error instanceof InputError) return undefined;
      throw error;
    });
    // What is read of a pipe is gone, and the log was made of it.
    const readable = input?.kind === 'pipe' ? undefined : input;
    this.#inputs.set(file, readable);
    return readable;
  }

  #judge(group: CloneGroup, texts: ReadonlyMap<string, string>): CloneGroup | undefined {
    const { occurrences } = group;
    if (occurrences[0]?.document !== undefined) return group;
    const sides = { outputs: new Set<string>(), corpus: new Set<string>() };
    let unread = false;
    const places = occurrences.map((occurrence) => {
      const text = texts.get(nameOf(occurrence));
      const isOutputs = this.#options.isOutputs(occurrence.file);
      if (text !== undefined) (isOutputs ? sides.outputs : sides.corpus).add(text);
      else {
        unread = true;
        this.#miss(occurrence.file);
      }
      return { occurrence, text, isOutputs };
    });
    const agreed = places.filter(
      ({ text, isOutputs }) => text === undefined || (isOutputs ? sides.corpus : sides.outputs).has(text),
    );
    const proven = agreed.some(({ text }) => text !== undefined);
    // Of what cannot be compared with the other side, the places on this one must agree; a hash of 0 says nothing of a text.
    if (
      !proven &&
      !(unread && sides.outputs.size + sides.corpus.size <= 1 && group.fingerprint !== ZERO_HASH)
    ) {
      this.tally.groups++;
      return undefined;
    }
    if (unread) this.tally.unchecked++;
    if (!proven) return group;
    this.tally.places += places.length - agreed.length;
    return { ...group, occurrences: agreed.map(({ occurrence }) => occurrence) };
  }

  #miss(file: string): void {
    if (!this.tally.missing.includes(file)) this.tally.missing.push(file);
  }
}

/** All of a list of groups at once. */
export async function keepAgreeing(
  groups: Iterable<CloneGroup>,
  options: AgreementOptions,
): Promise<{ readonly groups: CloneGroup[]; readonly tally: AgreementTally }> {
  const agreement = new Agreement(options);
  const kept: CloneGroup[] = [];
  for (const group of groups) kept.push(...(await agreement.add(group)));
  kept.push(...(await agreement.flush()));
  return { groups: kept, tally: agreement.tally };
}

/** What a reader of the figures must know, a sentence each. */
export function describeAgreement({ groups, places, unchecked, missing }: AgreementTally): string[] {
  const sentences: string[] = [];
  if (groups > 0 || places > 0)
    sentences.push(
      `Left out: ${counted(groups, 'block')} whose lines do not agree as text with any in the corpus${places > 0 ? `, and ${counted(places, 'place')} of others` : ''}.`,
    );
  if (unchecked > 0)
    sentences.push(
      `${counted(unchecked, 'block')} could not be compared as text with the other side: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''} could not be read as far as the log goes.`,
    );
  return sentences;
}

function nameOf({ file, start, end }: CloneOccurrence): string {
  return `${start}-${end} ${file}`;
}
