/** One claimed output: whose files are there, whether they are finished, and the record that says so. */
import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';
import type { HeldLock } from '../../lock.js';
import { digestFile } from '../digest.js';
import { walkFiles } from '../trees/walk.js';
import type { InputPlace, OutputPlace } from './output-overlap.js';
import { type RunManifest, readRunRecord, runRecordPath, writeRunRecord } from './run-manifest.js';

/** Says which run is filling a directory, or making a file. Goes when the run has written its record. */
const UNDER_WAY = 'lethe-part';
/** Name of the lock in a directory; that of a file is called by it. */
export const LOCK = 'lethe-lock';

export interface ClaimedPlace extends OutputPlace {
  /**
   * Names by which a directory shows that it is of this command's making, whose own records then say what may be done
   * in it: a campaign goes on, a corpus is built further.
   */
  readonly ownFiles?: RegExp;
  /** Whether the file that is there was left by an earlier run for the same purpose, where its own record cannot tell. */
  readonly isOwn?: (() => Promise<boolean>) | undefined;
}

export interface ClaimRequest {
  /** As users call it, e.g. `clones merge`. */
  readonly command: string;
  readonly outputs: readonly ClaimedPlace[];
  readonly inputs: readonly InputPlace[];
  /** Replace what is there, whosever it is. An input is never replaced. */
  readonly force?: boolean | undefined;
}

/** See `claimOutputs`. `await using` gives it up. */
export class OutputClaim implements AsyncDisposable {
  /** As it was given. */
  readonly path: string;
  readonly #place: ClaimedPlace;
  readonly #request: ClaimRequest;
  readonly #target: string;
  readonly #lock: HeldLock | undefined;
  readonly #made: string | undefined;
  #begun: { readonly found: ReadonlyMap<string, string>; readonly former: readonly string[] } | undefined;

  /** Inode of the file that is about to take the place of another. */
  #replacement: number | undefined;

  /** @internal */
  constructor(
    place: ClaimedPlace,
    request: ClaimRequest,
    target: string,
    lock: HeldLock | undefined,
    made: string | undefined,
  ) {
    this.path = place.path;
    this.#place = place;
    this.#request = request;
    this.#target = target;
    this.#lock = lock;
    this.#made = made;
  }

  /** Whether it is a device, a pipe or the like: written to, with nothing beside it. */
  get isStream(): boolean {
    return this.#lock === undefined;
  }

  /** Whether what is there may be replaced. */
  get force(): boolean {
    return this.#request.force === true;
  }

  /** What can be told before the run is known: whose files these are. @internal */
  async refuseForeign(): Promise<void> {
    if (this.force || (await this.#isFree())) return;
    const names = await this.#names();
    const { ownFiles, isOwn } = this.#place;
    if (await isOwn?.()) return;
    if (ownFiles !== undefined && names.some((name) => ownFiles.test(name))) return;
    if ((await this.#underWay()) !== undefined) return;
    const record = await this.#record();
    if (record?.command === this.#request.command) return;
    const what = this.#place.kind === 'file' ? 'a file' : 'files';
    throw this.exists(
      record === undefined
        ? `holds ${what} that \`lethe ${this.#request.command}\` has no record of`
        : `holds what \`lethe ${record.command}\` wrote`,
    );
  }

  /**
   * Whether the run of this key is finished: its record and its files are there as it left them.
   *
   * @throws InputError `ERR_OUTPUT_EXISTS` if something of another run is there, or this run's files were changed
   */
  async isFinished(runKey: string): Promise<boolean> {
    if (this.isStream || (await this.#isFree())) return false;
    const record = await this.#record();
    if (isUnfinished(record)) return false;
    if (record?.results.runKey === runKey) {
      const state = await this.#compare(record);
      if (state === 'whole') return true;
      if (state === 'incomplete' || this.force || (await this.#isYetToBeReplaced(runKey))) return false;
      throw this.exists('was changed after it was finished');
    }
    if (this.force || (await this.#underWay())?.key === runKey) return false;
    throw this.exists('holds the results of a run with other options, inputs or versions');
  }

  /**
   * For what may be made anew whenever its source has changed, as a page may.
   *
   * @param isSame whether the results of a record are of this source
   * @throws InputError `ERR_OUTPUT_EXISTS` if what is there is of another, or was changed
   */
  async refuseOther(isSame: (results: RunManifest['results']) => boolean): Promise<void> {
    const record = this.isStream || this.force || (await this.#isFree()) ? undefined : await this.#record();
    if (record === undefined) return;
    if (!isSame(record.results)) throw this.exists('was made of something else');
    if ((await this.#compare(record)) !== 'changed') return;
    if (await this.#isYetToBeReplaced(String(record.results.runKey))) return;
    throw this.exists('was changed after it was finished');
  }

  /**
   * Before the first file is written: the output is marked as this run's, so that it can be gone on with. A file need not
   * begin if it gets its record before its name.
   */
  async begin(runKey: string): Promise<void> {
    if (this.isStream) return;
    await writeFileAtomic(this.#underWayPath, `${runKey}\n`);
    if (this.#place.kind === 'file') return;
    const former = Object.keys(outputsOf(await this.#record()));
    this.#begun = { found: await this.#walk(), former };
  }

  /**
   * Writes the record: of a directory after all its files, of a file before it takes its name, so that a file without a
   * record is never ours. What a replaced run had written into a directory, and this one has not, goes.
   *
   * @param part where the bytes of the file are as yet
   * @returns names of files in a directory that are not of this run, and stay
   */
  async finish(manifest: RunManifest, part = this.#target): Promise<readonly string[]> {
    if (this.isStream) return [];
    const outputs: Record<string, string> = {};
    if (this.#place.kind === 'file') outputs[basename(this.#target)] = await digestFile(part);
    else for (const name of await this.#written()) outputs[name] = await digestFile(join(this.#target, name));
    const stale = this.#begun?.former.filter((name) => outputs[name] === undefined) ?? [];
    for (const name of stale) await this.#remove(name);
    if (this.#place.kind === 'file') await this.#markReplacement(manifest, part);
    await writeRunRecord(this.#recordPath, { ...manifest, results: { ...manifest.results, files: outputs } });
    if (this.#replacement === undefined) await rm(this.#underWayPath, { force: true });
    if (this.#place.kind === 'file') return [];
    return [...this.#begun!.found.keys()].filter(
      (name) => outputs[name] === undefined && !stale.includes(name),
    );
  }

  /** A refusal that names what to do. */
  exists(what: string): InputError {
    const { option, path } = this.#place;
    return new InputError(
      'ERR_OUTPUT_EXISTS',
      `Expected ${option} to be new or of this run but ${path} ${what}.`,
      { remedy: 'Name another output, or replace this one with --force.' },
    );
  }

  /**
   * A file that takes the place of another has its record before its name: who is killed in between leaves the record of
   * the one beside the other. What is to go is noted first, so that the next run need not ask whether it may.
   */
  async #markReplacement(manifest: RunManifest, part: string): Promise<void> {
    const replaced =
      part === this.#target ? undefined : await digestFile(this.#target).catch(() => undefined);
    if (replaced === undefined) return;
    await writeFileAtomic(this.#underWayPath, `${manifest.results.runKey} ${replaced}\n`);
    this.#replacement = (await stat(part)).ino;
  }

  /** Whether the file that is there is the one that the run of this key was about to replace. */
  async #isYetToBeReplaced(runKey: string): Promise<boolean> {
    const { key, replaced } = (await this.#underWay()) ?? {};
    return key === runKey && replaced !== undefined && (await digestFile(this.#target)) === replaced;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lock === undefined) return;
    const renamed =
      this.#replacement !== undefined &&
      (await stat(this.#target).catch(() => undefined))?.ino === this.#replacement;
    if (renamed) await rm(this.#underWayPath, { force: true });
    // What did not come to be leaves nothing to go on with, and nothing in the way of another run.
    if (await this.#isFree()) await rm(this.#underWayPath, { force: true });
    await this.#lock[Symbol.asyncDispose]();
    if (this.#made === undefined) return;
    // Directories that were made for nothing go, from the innermost on, until one holds something.
    for (let at = dirname(this.#lock.path); ; at = dirname(at)) {
      const removed = await rmdir(at).then(
        () => true,
        () => false,
      );
      if (!removed || at === this.#made || at === dirname(at)) return;
    }
  }

  get #recordPath(): string {
    return runRecordPath(this.#target, this.#place.kind);
  }

  get #underWayPath(): string {
    return this.#place.kind === 'directory'
      ? join(this.#target, `.${UNDER_WAY}`)
      : join(dirname(this.#target), `.${basename(this.#target)}.${UNDER_WAY}`);
  }

  async #record(): Promise<RunManifest | undefined> {
    return readRunRecord(this.#recordPath).catch(() => undefined);
  }

  /** An empty file or directory holds nothing that could be lost, and nor does one that a run had only begun with. */
  async #isFree(): Promise<boolean> {
    if (this.#place.kind === 'directory')
      return (await this.#names()).every((name) => name === `.${UNDER_WAY}`);
    return stat(this.#target).then(
      ({ size }) => size === 0,
      () => true,
    );
  }

  async #names(): Promise<string[]> {
    if (this.#place.kind === 'file') return [];
    const names = await readdir(this.#target).catch((error: unknown) => {
      throw fileError('read', this.path, error);
    });
    return names.filter((name) => !name.startsWith(`.${LOCK}`));
  }

  /** Name to what changes whenever a file is written or replaced; its time alone may be that of the tick before. */
  async #walk(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const { name, path } of walkFiles(this.#target, { hidden: false })) {
      const { ino, size, ctimeNs } = await stat(path, { bigint: true });
      found.set(name, `${ino} ${size} ${ctimeNs}`);
    }
    found.delete(basename(this.#recordPath));
    return found;
  }

  /** Files that came or changed since {@link begin}. */
  async #written(): Promise<string[]> {
    const { found } = this.#begun!;
    return [...(await this.#walk())].flatMap(([name, state]) => (found.get(name) === state ? [] : [name]));
  }

  async #underWay(): Promise<{ readonly key: string; readonly replaced: string | undefined } | undefined> {
    const text = await readFile(this.#underWayPath, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const [key = '', replaced] = text.trim().split(' ');
    return { key, replaced };
  }

  async #compare(record: RunManifest): Promise<'whole' | 'incomplete' | 'changed'> {
    const recorded = Object.entries(outputsOf(record));
    if (recorded.length === 0) return 'changed';
    let state: 'whole' | 'incomplete' = 'whole';
    for (const [name, digest] of recorded) {
      const path = this.#place.kind === 'file' ? this.#target : join(this.#target, name);
      const found = await digestFile(path).catch(() => undefined);
      if (found === undefined) state = 'incomplete';
      else if (found !== digest) return 'changed';
    }
    return state;
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.#target, name), { force: true }).catch((error: unknown) => {
      throw fileError('write', join(this.path, name), error);
    });
  }
}

/** A run that could not do all of its work says so in its record: the next one, with better inputs, takes its place. */
function isUnfinished(record: RunManifest | undefined): boolean {
  return record?.results.unfinished === true;
}

/** Name to SHA-256 of the files that a run wrote, relative to its record. */
function outputsOf(record: RunManifest | undefined): Readonly<Record<string, string>> {
  const outputs = Object.entries(record?.results.files ?? {});
  // A record that came from elsewhere must not reach out of its directory: what it names may be removed.
  return Object.fromEntries(outputs.filter(([name]) => !isAbsolute(name) && !name.split('/').includes('..')));
}
