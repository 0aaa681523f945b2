/** Gathers a {@link RunManifest} while a run goes on. */
import { stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { fileError } from '../../errors.js';
import { packageVersion } from '../../package.js';
import { digestPath, digestText } from '../digest.js';
import { givenName } from '../spooled-input.js';
import type { RunManifest, RunSource, RunStep } from './run-manifest.js';

export interface RunRecorderOptions {
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number | bigint;
  /** Beside lethe, node and platform, which are filled in: libtorch, say. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface RunRecorder {
  /** Runs `work` and notes how long it took, also when it fails. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Digests the model, its base included. One in the hub's cache is called by its name and commit. */
  setModel(path: string): Promise<void>;
  /** {@link setModel} of another model that the run reads. */
  addModel(path: string): Promise<void>;
  /** Digests a file or directory that the run reads. */
  addInput(path: string): Promise<void>;
  /**
   * Notes a file by its size and time, for work that is done in less time than its input could be digested: `digest` is
   * of these, and `digestOf` says so.
   */
  addStamp(path: string): Promise<void>;
  /** The manifest as of now. May be called again, as after a later step. */
  finish(results: Readonly<Record<string, unknown>>): RunManifest;
}

/** Starts the clock of a run. */
export function createRunRecorder(options: RunRecorderOptions): RunRecorder {
  const startedAt = new Date().toISOString();
  const steps: RunStep[] = [];
  const inputs: RunSource[] = [];
  let model: RunSource | undefined;

  // Loaded by those that read a model only: all that is known of adapters and of the hub's cache comes with it.
  const modelSource = async (path: string): Promise<RunSource> =>
    (await import('../model-source.js')).modelSource(path);
  const source = async (path: string): Promise<RunSource> => ({
    path: givenName(path),
    digest: await digestPath(path),
  });

  return {
    async step(name, work) {
      const start = performance.now();
      try {
        return await work();
      } finally {
        steps.push({ name, seconds: (performance.now() - start) / 1000 });
      }
    },
    async setModel(path) {
      model = await modelSource(path);
    },
    async addModel(path) {
      inputs.push(await modelSource(path));
    },
    async addInput(path) {
      inputs.push(await source(path));
    },
    async addStamp(path) {
      const { size, mtimeNs } = await stat(path, { bigint: true }).catch((error: unknown) => {
        throw fileError('read', path, error);
      });
      inputs.push({ path, digest: digestText(`${size} ${mtimeNs}`), digestOf: 'size and time' });
    },
    finish: (results) => ({
      version: 1,
      command: options.command,
      options: { ...options.options },
      // JSON has no integers of 64 bits.
      ...(options.seed === undefined
        ? {}
        : { seed: typeof options.seed === 'bigint' ? String(options.seed) : options.seed }),
      versions: { ...platformVersions(), ...options.versions },
      ...(model === undefined ? {} : { model }),
      inputs: [...inputs],
      startedAt,
      finishedAt: new Date().toISOString(),
      steps: [...steps],
      peakMemoryBytes: peakMemoryBytes(),
      results: { ...results },
    }),
  };
}

/** Peak resident memory of this process so far. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function platformVersions(): Record<string, string> {
  return {
    lethe: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}
