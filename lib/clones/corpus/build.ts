/**
 * Builds the shards of a training corpus, `0`, `1`, ..., of so many documents each, in the order of the sources. The
 * bytes of a shard depend on sources and options only, never on the number of threads or on interruptions.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { check } from '../../check.js';
import {
  CORPUS_MANIFEST_FILE,
  type CorpusManifest,
  type CorpusShard,
  clearShards,
  readCorpusManifest,
  refuseForeignShards,
  shardName,
  writeCorpusManifest,
} from '../../data/corpus/manifest.js';
import { shardMapPath } from '../../data/corpus/shard-map.js';
import type { HubEvent } from '../../data/hub/files.js';
import type { HubOptions } from '../../data/hub/settings.js';
import { LeftOut, type LeftOutRecord } from '../../data/left-out.js';
import { type TreeOptions, treeOptionsSchema } from '../../data/trees/tree-options.js';
import { InputError, throwIfAborted } from '../../errors.js';
import { exists } from '../../files.js';
import { type ProgressEvent, relay } from '../../progress.js';
import { BuildMeter } from './meter.js';
import { writeShard } from './shard.js';
import { digestExisting, openSources } from './sources.js';
import { BlockCutter, streamBlocks } from './stream.js';

export interface BuildCorpusOptions extends TreeOptions {
  /** Files and directories as {@link readDocuments} takes them, and names of data sets on the hub; in this order. */
  readonly sources: readonly string[];
  /** Where the shards and `corpus.json` go. */
  readonly directory: string;
  /** >= 1, default 100 000 as published. */
  readonly documentsPerShard?: number | undefined;
  /** The field or column that holds the text. Default: `text`, or else `content`. */
  readonly textField?: string | undefined;
  /** Shards as `0.gz`, ... Default false. */
  readonly gzip?: boolean | undefined;
  /** Threads that read sources. Default: the cores that this process may use. */
  readonly workers?: number | undefined;
  /** Build in place of other shards, which go. Default false. */
  readonly replace?: boolean | undefined;
  /** For data sets of the hub. */
  readonly hub?: Omit<HubOptions, 'signal'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type BuildCorpusEvent =
  | HubEvent
  | ProgressEvent
  /** A shard is finished. */
  | { readonly type: 'shard'; readonly shard: CorpusShard }
  /** At the end: what was met in the sources and is in no shard. */
  | { readonly type: 'left-out'; readonly leftOut: LeftOutRecord };

const optionsSchema = treeOptionsSchema.extend({
  sources: z.array(z.string().min(1)).min(1),
  directory: z.string().min(1),
  documentsPerShard: z.int().min(1).default(100_000),
  textField: z.string().min(1).optional(),
  gzip: z.boolean().default(false),
  replace: z.boolean().optional(),
  workers: z.int().min(1).max(1024).optional(),
  hub: z.looseObject({}).optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Writes what is missing of the shards and returns the manifest. A run that was stopped goes on after the last shard
 * that it finished; finished ones are recognised by their digests and not written again.
 *
 * @throws InputError `ERR_RUN_MISMATCH` for a directory with shards of other sources or options; `ERR_FILE_FORMAT` for
 *   sources without documents; what the readers of documents and the hub throw; AbortedError
 */
export async function* buildCorpus(
  given: BuildCorpusOptions,
): AsyncGenerator<BuildCorpusEvent, CorpusManifest, void> {
  const { sources: names, directory, ...rest } = check(optionsSchema, given, 'options of buildCorpus');
  const { documentsPerShard, textField, gzip, workers, signal, hub: _, replace = false, ...tree } = rest;
  const options = { documentsPerShard, textField: textField ?? null, gzip, tree };

  throwIfAborted(signal);
  const before = await readCorpusManifest(directory);
  if (before === undefined && !replace) await refuseForeignShards(directory);
  const sources = yield* openSources(names, { ...given.hub, workers, tree, signal });
  const described = sources.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 }));
  const found = await goOnWith(directory, before, { options, sources: described }, replace);

  const shards: (CorpusShard | undefined)[] =
    found === undefined ? [] : yield* keepWhole(directory, found, rest);
  // Sources are those that they were: what was left out of them before is left out still.
  const leftOut = LeftOut.of(found?.leftOut ?? {});
  const save = (complete: boolean) => {
    const known = shards.indexOf(undefined);
    const whole = shards.slice(0, known === -1 ? shards.length : known) as CorpusShard[];
    return writeCorpusManifest(directory, {
      options,
      sources: described,
      shards: whole,
      complete,
      leftOut: leftOut.toJSON(),
    });
  };
  let complete = found?.complete ?? false;
  let manifest = found ?? (await save(false));
  for (let index = 0; ; ) {
    while (shards[index] !== undefined) index++;
    if (complete && index >= shards.length) break;
    const start = index === 0 ? { source: 0, documents: 0 } : shards[index - 1]!.through;
    const meter = new BuildMeter(sources, start);
    const blocks = streamBlocks(sources, start.source, {
      textField,
      workers,
      signal,
      tree,
      onLeftOut: leftOut.add,
    });
    await using cutter = new BlockCutter(blocks, start, (bytes) => meter.read(bytes));
    while (shards[index] === undefined) {
      if (await cutter.atEnd()) {
        complete = true;
        shards.length = index;
        break;
      }
      const name = shardName(index, gzip);
      const written = yield* relay<ProgressEvent, Awaited<ReturnType<typeof writeShard>>>(
        (emit, stop) =>
          writeShard(meter.watch(cutter.take(documentsPerShard), emit), join(directory, name), {
            gzip,
            signal: stop,
          }),
        signal,
      );
      const { documents, lines, bytes, sha256 } = written;
      const shard = { name, documents, lines, bytes, sha256, through: cutter.position };
      shards[index++] = shard;
      manifest = await save(false);
      yield { type: 'shard', shard };
    }
  }
  yield { type: 'left-out', leftOut: leftOut.toJSON() };
  if (shards.length === 0)
    throw new InputError('ERR_FILE_FORMAT', `Expected documents in ${names.join(', ')} but found none.`);
  return manifest.complete && manifest.shards.length === shards.length ? manifest : save(true);
}

/**
 * The manifest to go on with; undefined where there is none, or where its shards were cleared away to begin anew: a build
 * that failed must not bar one from the same sources, corrected.
 */
async function goOnWith(
  directory: string,
  before: CorpusManifest | undefined,
  wanted: Pick<CorpusManifest, 'options' | 'sources'>,
  replace: boolean,
): Promise<CorpusManifest | undefined> {
  const differs = (['options', 'sources'] as const).find(
    (key) => JSON.stringify(before?.[key]) !== JSON.stringify(wanted[key]),
  );
  if (before !== undefined && differs === undefined) return before;
  if (before !== undefined && !replace && !isCorrected(before, wanted))
    throw new InputError(
      'ERR_RUN_MISMATCH',
      `Expected ${join(directory, CORPUS_MANIFEST_FILE)} to be of the same sources and options but its ${differs} are others.`,
      { remedy: 'Run again with those, build into another directory, or replace these shards with --force.' },
    );
  if (before !== undefined || replace) await clearShards(directory);
  return undefined;
}

/** Whether a build had not come to its end, and nothing has changed but what its sources hold; or had made nothing. */
function isCorrected(before: CorpusManifest, wanted: Pick<CorpusManifest, 'options' | 'sources'>): boolean {
  const names = ({ sources, options }: typeof wanted) =>
    JSON.stringify([options, sources.map(({ name }) => name)]);
  return before.shards.length === 0 || (!before.complete && names(before) === names(wanted));
}

/** The shards that are as they were written, at their places. */
async function* keepWhole(
  directory: string,
  { shards }: CorpusManifest,
  { workers, signal }: Pick<BuildCorpusOptions, 'workers' | 'signal'>,
): AsyncGenerator<ProgressEvent, (CorpusShard | undefined)[], void> {
  const paths = shards.map(({ name }) => join(directory, name));
  const digests = yield* digestExisting(paths, workers, signal);
  const whole: (CorpusShard | undefined)[] = [];
  for (const [i, shard] of shards.entries()) {
    const mapped = await exists(shardMapPath(paths[i]!));
    whole.push(mapped && digests.get(paths[i]!) === shard.sha256 ? shard : undefined);
  }
  return whole;
}
