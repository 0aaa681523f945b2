/** The figures of `analysis.json`, counted while the records are written. */
import { correlate } from './correlation.js';
import { measureGrowth } from './growth.js';
import { linesOfPlace } from './places.js';
import type { Material } from './published-files.js';
import type { AnalysedOutput } from './records.js';
import {
  type Analysis,
  CATEGORIES,
  type Counting,
  type FingerprintRecord,
  type OutputRecord,
} from './summary.js';

export class Tally {
  readonly #material: Material;
  readonly #byLines = new Map<number, { fingerprints: number; places: number }>();
  readonly #byCategory = new Map(CATEGORIES.map((category) => [category, { fingerprints: 0, places: 0 }]));
  readonly #byLongest = new Map<number, number>();
  #withBlocks = 0;

  constructor(material: Material) {
    this.#material = material;
  }

  *fingerprints(records: Iterable<FingerprintRecord>): Generator<FingerprintRecord, void, void> {
    for (const record of records) {
      let ofLength = this.#byLines.get(record.lines);
      if (ofLength === undefined) {
        ofLength = { fingerprints: 0, places: 0 };
        this.#byLines.set(record.lines, ofLength);
      }
      for (const counts of [ofLength, this.#byCategory.get(record.category)!]) {
        counts.fingerprints++;
        counts.places += record.extract;
      }
      yield record;
    }
  }

  *outputs(records: Iterable<AnalysedOutput>): Generator<OutputRecord, void, void> {
    for (const { record, longest } of records) {
      this.#withBlocks++;
      this.#byLongest.set(longest, (this.#byLongest.get(longest) ?? 0) + 1);
      yield record;
    }
  }

  /** After all records were counted. */
  finish({ name, counting }: { readonly name: string; readonly counting: Counting }): Analysis {
    const { blocks, outputs } = this.#material;
    return {
      version: 1,
      name,
      counting,
      ...(blocks.agreement === undefined ? {} : { agreement: blocks.agreement }),
      outputs: {
        file: outputs.path,
        map: outputs.mapPath,
        count: outputs.entries.length,
        lines: outputs.lines,
        withBlocks: this.#withBlocks,
      },
      shards: blocks.logs.map(({ path, files }) => ({
        log: path,
        files: files.map((file) => blocks.files[file]!.name),
      })),
      fingerprints: blocks.fingerprints.size,
      lengthDistribution: ascending(this.#byLines).map(([lines, counts]) => ({ lines, ...counts })),
      correlation: correlate(blocks.train, blocks.extract),
      growth: measureGrowth(this.#firstOutputs(), outputs.entries.length),
      outputsByLongestBlock: ascending(this.#byLongest).map(([lines, count]) => ({ lines, outputs: count })),
      categories: [...this.#byCategory].map(([category, counts]) => ({ category, ...counts })),
    };
  }

  /** Of each fingerprint the output in which it stands first. */
  *#firstOutputs(): Generator<number, void, void> {
    const { blocks, outputs, places } = this.#material;
    const { rows, starts } = places.byFingerprint;
    for (let i = 0; i < blocks.fingerprints.size; i++) {
      yield outputs.outputAt(linesOfPlace(blocks, rows[starts[i]!]!).start);
    }
  }
}

function ascending<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}
