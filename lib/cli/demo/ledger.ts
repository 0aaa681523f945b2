/**
 * Which steps of a run are finished: `steps.json`. A step is finished if everything before it is as it was then and its
 * files have the digests that it left; then its result is read from the ledger instead of made again.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestPath, digestText } from '../../data/digest.js';
import { fileError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';

const entrySchema = z.strictObject({
  name: z.string(),
  key: z.string(),
  /** File or directory in the run's directory to SHA-256. Absent while the step is under way. */
  outputs: z.record(z.string(), z.string()).optional(),
  seconds: z.number(),
  result: z.unknown(),
});
const ledgerSchema = z.strictObject({ version: z.literal(1), steps: z.array(entrySchema) });

type Entry = z.infer<typeof entrySchema>;

export interface LedgerStep<Event, Result> {
  readonly name: string;
  /** Options that the step depends on, beside everything before it. */
  readonly options: unknown;
  /** What it writes, relative to the run's directory. */
  readonly outputs: readonly string[];
  /** What it needs only until it is finished, e.g. the state of a training. */
  readonly scratch?: readonly string[];
  /** Its result is plain JSON. A step that was interrupted runs again with its files as they were left. */
  readonly run: () => AsyncGenerator<Event, Result, void>;
}

export interface StageEvent {
  readonly type: 'stage';
  readonly name: string;
  readonly seconds: number;
  /** An earlier run had finished it. */
  readonly reused: boolean;
}

export class StepLedger {
  readonly #directory: string;
  readonly #entries: Entry[];
  #done = 0;
  #chain: string;

  private constructor(directory: string, entries: Entry[], identity: unknown) {
    this.#directory = directory;
    this.#entries = entries;
    this.#chain = digestText(JSON.stringify(identity));
  }

  /** @param identity what every step depends on: versions, the seed */
  static async open(directory: string, identity: unknown): Promise<StepLedger> {
    const path = join(directory, 'steps.json');
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw fileError('read', path, error);
    });
    return new StepLedger(directory, parseLedger(text), identity);
  }

  /** Name and wall time of the steps so far, those of earlier runs included. */
  get steps(): { name: string; seconds: number }[] {
    return this.#entries.slice(0, this.#done).map(({ name, seconds }) => ({ name, seconds }));
  }

  /** Runs the step unless it is finished. Steps come in the same order in every run. */
  async *step<Event, Result>(
    step: LedgerStep<Event, Result>,
  ): AsyncGenerator<Event | StageEvent, Result, void> {
    const key = digestText(JSON.stringify([this.#chain, step.name, step.options]));
    const known = this.#entries[this.#done];
    const same = known?.name === step.name && known.key === key;
    if (same && known.outputs !== undefined && (await this.#areUnchanged(known.outputs))) {
      this.#finish(key, known);
      yield { type: 'stage', name: step.name, seconds: known.seconds, reused: true };
      return known.result as Result;
    }

    const underWay = same && known.outputs === undefined;
    if (!underWay) await this.#remove([...step.outputs, ...(step.scratch ?? [])]);
    const start = performance.now();
    const before = underWay ? known.seconds : 0;
    const seconds = (): number => before + (performance.now() - start) / 1000;
    await this.#write({ name: step.name, key, seconds: before, result: null });
    let result: Result;
    try {
      // What a later run will read from the ledger, so that both go on with the same.
      result = JSON.parse(JSON.stringify(yield* step.run())) as Result;
    } catch (error) {
      await this.#write({ name: step.name, key, seconds: seconds(), result: null }).catch(() => {});
      throw error;
    }
    const outputs: Record<string, string> = {};
    for (const path of step.outputs) outputs[path] = await digestPath(join(this.#directory, path));
    const entry = { name: step.name, key, outputs, seconds: seconds(), result };
    await this.#write(entry);
    await this.#remove(step.scratch ?? []);
    this.#finish(key, entry);
    yield { type: 'stage', name: step.name, seconds: entry.seconds, reused: false };
    return result;
  }

  #finish(key: string, entry: Entry): void {
    this.#chain = digestText(JSON.stringify([key, entry.outputs, entry.result]));
    this.#done++;
  }

  async #areUnchanged(outputs: Readonly<Record<string, string>>): Promise<boolean> {
    for (const [path, digest] of Object.entries(outputs)) {
      const found = await digestPath(join(this.#directory, path)).catch(() => undefined);
      if (found !== digest) return false;
    }
    return true;
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(join(this.#directory, path), { recursive: true, force: true });
  }

  async #write(entry: Entry): Promise<void> {
    this.#entries[this.#done] = entry;
    const ledger = { version: 1, steps: this.#entries };
    await writeFileAtomic(join(this.#directory, 'steps.json'), `${JSON.stringify(ledger, null, 1)}\n`);
  }
}

/** A ledger of another version, or none, finishes nothing. */
function parseLedger(text: string): Entry[] {
  try {
    return ledgerSchema.parse(JSON.parse(text)).steps;
  } catch {
    return [];
  }
}
