/**
 * The state of a long run on a model, kept in a directory so that the same call goes on after an interruption:
 * weights and optimizer in a folder of their own, and `run-state.json`, which names that folder and appears by
 * rename. Whatever the moment of a crash, the file names a complete folder.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { fileError, InputError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import type { Model, Tokens } from '../model/model.js';

/** What must be equal for a state to belong to a call: options, and digests of data and weights. */
export type RunIdentity = Readonly<Record<string, unknown>>;

/** In the directory once there is something to go on from. */
export const STATE_FILE = 'run-state.json';
const OPTIMIZER_FILE = 'optimizer.bin';
const VERSION = 1;

const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  kind: z.string(),
  identity: z.record(z.string(), z.unknown()),
  folder: z.string().regex(/^[a-z]+-\d+$/),
  keep: z.array(z.string()),
  state: z.unknown(),
});

export class RunDirectory<State> {
  #path: string;
  #kind: string;
  #identity: RunIdentity;
  #folder: string | undefined;
  /** As last saved; undefined for a new run. */
  readonly resumed: State | undefined;

  private constructor(
    path: string,
    kind: string,
    identity: RunIdentity,
    folder: string | undefined,
    resumed: State | undefined,
  ) {
    this.#path = path;
    this.#kind = kind;
    this.#identity = identity;
    this.#folder = folder;
    this.resumed = resumed;
  }

  /**
   * Opens a directory, which need not exist.
   *
   * @throws InputError `ERR_RUN_MISMATCH` if it holds the state of another run, `ERR_FILE_FORMAT` if of none,
   *   `ERR_FILE_READ` or `ERR_FILE_WRITE` if the file system refuses
   */
  static async open<State>(
    path: string,
    kind: string,
    identity: RunIdentity,
    schema: z.ZodType<State>,
  ): Promise<RunDirectory<State>> {
    // As it will read after a round trip through JSON, so that both sides compare alike.
    const normal = JSON.parse(JSON.stringify(identity)) as RunIdentity;
    const file = join(path, STATE_FILE);
    const text = await readIfPresent(file);
    if (text === undefined) {
      await mkdir(path, { recursive: true }).catch((cause) => {
        throw fileError('write', path, cause);
      });
      return new RunDirectory<State>(path, kind, normal, undefined, undefined);
    }
    const stored = parseState(file, text, fileSchema);
    if (stored.kind !== kind) throw mismatch(path, 'kind of run', stored.kind, kind);
    for (const key of new Set([...Object.keys(stored.identity), ...Object.keys(normal)])) {
      const [then, now] = [JSON.stringify(stored.identity[key]), JSON.stringify(normal[key])];
      if (then !== now) throw mismatch(path, key, then, now);
    }
    const state = parseState(file, JSON.stringify(stored.state), schema);
    return new RunDirectory<State>(path, kind, normal, stored.folder, state);
  }

  /** Where a folder of this run lies. */
  folder(name: string): string {
    return join(this.#path, name);
  }

  /** Gives the model the weights and the optimizer state that were last saved. */
  async restore(model: Model): Promise<void> {
    if (this.#folder === undefined) return;
    const folder = this.folder(this.#folder);
    await model.restore(folder);
    await model.loadTrainingState(join(folder, OPTIMIZER_FILE));
  }

  /**
   * Saves model and state as of `step`, then removes this run's older folders but those named in `keep`.
   *
   * @param step counts up with every change of the weights: it names the folder
   */
  async save(model: Model, step: number, state: State, keep: readonly string[] = []): Promise<void> {
    const name = `step-${step}`;
    if (name !== this.#folder) {
      await rm(this.folder(name), { recursive: true, force: true });
      await model.save(this.folder(name), { carryFiles: false });
      await model.saveTrainingState(join(this.folder(name), OPTIMIZER_FILE));
    }
    const file = { version: VERSION, kind: this.#kind, identity: this.#identity, folder: name, keep, state };
    await writeFileAtomic(join(this.#path, STATE_FILE), `${JSON.stringify(file, null, 1)}\n`);
    this.#folder = name;
    const current = new Set([name, ...keep]);
    for (const entry of await readdir(this.#path)) {
      if (/^(step|best)-\d+$/.test(entry) && !current.has(entry))
        await rm(this.folder(entry), { recursive: true, force: true });
    }
  }
}

/** SHA-256 over sequences and their lengths, for a {@link RunIdentity}. */
export function digestSequences(sequences: Iterable<Tokens | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const sequence of sequences) {
    hash.update(`${sequence.length}\n`);
    hash.update(new Uint8Array(sequence.buffer, sequence.byteOffset, sequence.byteLength));
  }
  return hash.digest('hex');
}

/**
 * What stands for a whole model, since hashing gigabytes would not pay: norms and biases, which any training
 * changes, and one matrix, in which freshly drawn models differ.
 */
const FINGERPRINT_PARAMETERS = /norm|bias|^layers\.0\.attention\.out\./;

/** SHA-256 over a model's config and those of its parameters that stand for all. */
export async function fingerprint(model: Model): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(model.config));
  for (const name of model.parameterNames().filter((each) => FINGERPRINT_PARAMETERS.test(each))) {
    const values = await model.readParameter(name);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('read', path, cause);
  }
}

function parseState<T>(path: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected ${path} to be the state of a run of this version but it is not.`,
    { remedy: 'Remove its directory, or name another state directory.' },
  );
}

function mismatch(path: string, what: string, then: unknown, now: unknown): InputError {
  return new InputError(
    'ERR_RUN_MISMATCH',
    `Expected ${path} to hold the state of this run but its ${what} was ${then} and is ${now} now.`,
    { remedy: 'Repeat the call as it was to go on, or name another state directory to begin anew.' },
  );
}
