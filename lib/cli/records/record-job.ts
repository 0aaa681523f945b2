/**
 * Commands that turn records into records: in batches, in order, each finished batch on disk, so that the same command
 * goes on where it was stopped. Beside the output lies its record, by whose digests finished work is recognised.
 */
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { counted } from '../../counted.js';
import type { LeftOut } from '../../data/left-out.js';
import { claimOutput, type OutputClaim } from '../../data/outputs/claim.js';
import { csvFormat, jsonLinesFormat, type RecordFormat } from '../../data/outputs/record-format.js';
import { openResumableRecords } from '../../data/outputs/resumable-records.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { fileError, throwIfAborted } from '../../errors.js';
import { isStream, openStream } from '../../files.js';
import type { ChatTemplate } from '../../model/chat/chat-template.js';
import { progress } from '../../progress.js';
import type { OffsetUnit } from '../../secrets/locate-secrets.js';
import type { IdleRule } from '../idle-options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { print } from '../print.js';
import { sayLeftOut } from '../say-left-out.js';
import type { Session } from '../session.js';
import { nativeVersions } from '../versions.js';
import { BatchSize, type BatchSizeOptions } from './batch-size.js';
import { formatOf, type InputRecord, type RecordFormatName, readRecords } from './records.js';

export interface RecordJob {
  /** The command's name. */
  readonly command: string;
  /** What the output depends on, beside model and input. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly model: string;
  /** Directory of another model that is compared with. */
  readonly reference?: string | undefined;
  /** A file; a stream where the output is one. */
  readonly input: string;
  readonly output: string;
  /** Of input and output where their names do not say. Default: `jsonl`. */
  readonly format?: RecordFormatName | undefined;
  /** What the offsets of secrets count. Default: `utf16`. */
  readonly offsets?: OffsetUnit | undefined;
  /** Makes texts of records with messages. Default: they are refused. */
  readonly chat?: ChatTemplate | undefined;
  /** The command has no use for secrets, right or wrong. Default: false. */
  readonly ignoreSecrets?: boolean;
  /** Of CSV. Default: the keys of the first record. */
  readonly columns?: readonly string[] | undefined;
  readonly batch: BatchSizeOptions;
  /** Records written for one that was read, a constant. Default: 1. */
  readonly outputsPerInput?: number;
  /** Where the work tells what of the records it has no figures for. */
  readonly leftOut?: LeftOut;
  /** Loads what the work needs, which finished work does not. */
  readonly open: () => Promise<RecordWork>;
}

export interface RecordWork extends AsyncDisposable {
  /** The records that come of a batch, in its order. `note` puts a figure on the progress line. */
  process(batch: readonly InputRecord[], note: (text: string) => void): Promise<readonly object[]>;
  /** Told of each record that an earlier run finished, so that what is left out is that of the whole input. */
  passOver?(record: InputRecord): void;
}

/** Where both names say the format, nothing is left for `--format` to say. */
export const FORMAT_IN_NAMES: IdleRule = {
  options: ['format'],
  beside: ({ input, output }) =>
    [input, output].every((path) => formatOf(path, 'csv') === formatOf(path, 'jsonl'))
      ? 'with names of --input and --output that say the format'
      : undefined,
};

/** What resuming says when it is stopped with a file as output. */
export const RECORDS_INTERRUPTED =
  'Finished records are kept beside the output; run the same command to go on.';

export interface RecordFiles {
  readonly model: string;
  readonly reference?: string;
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
}

const STDOUT = ['-', '/dev/stdout'];

/** Claims a file as output, before any work; undefined for stdout. */
export async function claimRecords(
  command: string,
  { model, reference, input, output, force }: RecordFiles,
): Promise<OutputClaim | undefined> {
  if (STDOUT.includes(output)) return undefined;
  const inputs = [
    { option: '--input', path: input },
    { option: '--model', path: model },
    ...(reference === undefined ? [] : [{ option: '--reference', path: reference }]),
  ];
  return claimOutput({ option: '--output', path: output, kind: 'file' }, { command, inputs, force });
}

/** Runs the job, says what was left out, and returns the number of records written, those of an earlier run included. */
export async function runRecordJob(
  job: RecordJob,
  claim: OutputClaim | undefined,
  session: Session,
): Promise<number> {
  const written = await runTo(claim, job, session);
  if (job.leftOut !== undefined) sayLeftOut(job.leftOut, session);
  return written;
}

async function runTo(claim: OutputClaim | undefined, job: RecordJob, session: Session): Promise<number> {
  if (claim === undefined) return runToStream(job, print, session);
  if (!claim.isStream) return runToFile(job, claim, session);
  await using handle = await openStream(job.output);
  return await runToStream(job, (text) => writeToHandle(handle, text, job.output), session);
}

async function runToStream(
  job: RecordJob,
  write: (text: string) => Promise<void>,
  session: Session,
): Promise<number> {
  const total = (await isStream(job.input)) ? undefined : await countRecords(job);
  const format = outputFormat(job);
  let written = 0;
  for await (const records of processAll(job, session, 0, total)) {
    for (const record of records) await write(format.format(record as Record<string, unknown>, job.output));
    written += records.length;
  }
  return written;
}

async function writeToHandle(handle: FileHandle, text: string, path: string): Promise<void> {
  await handle.writeFile(text).catch((error: unknown) => {
    throw fileError('write', path, error);
  });
}

async function runToFile(job: RecordJob, claim: OutputClaim, session: Session): Promise<number> {
  const total = await countRecords(job);
  const recorder = createRunRecorder({
    command: job.command,
    // A part of one format is not gone on with in another.
    options: { ...job.options, ...(formatOf(job.output, job.format) === 'csv' ? { format: 'csv' } : {}) },
    versions: nativeVersions(),
    ...(job.seed === undefined ? {} : { seed: job.seed }),
  });
  await recorder.setModel(job.model);
  if (job.reference !== undefined) await recorder.addModel(job.reference);
  await recorder.addInput(job.input);
  const runKey = runKeyOf(recorder.finish({}));
  const perInput = job.outputsPerInput ?? 1;
  if (await claim.isFinished(runKey)) {
    session.say(`${job.output} is finished: same model, input and options. Remove it to make it again.`);
    return total * perInput;
  }

  const discardOthers = claim.force;
  await using file = await openResumableRecords(job.output, outputFormat(job), runKey, { discardOthers });
  // A batch that was torn is made again from its first record; its whole inputs are not.
  const done = Math.floor(file.keptCount / perInput);
  if (file.keptCount > 0)
    session.say(`Going on after ${counted(file.keptCount, 'record')} of ${job.output}.part.`);
  let skip = file.keptCount - done * perInput;
  let written = file.keptCount;
  await recorder.step(job.command, async () => {
    for await (const records of processAll(job, session, done, total)) {
      for (const record of records.slice(skip)) await file.append(record as Record<string, unknown>);
      written += records.length - skip;
      skip = 0;
    }
  });
  const { leftOut } = job;
  const results = { runKey, records: written, ...(leftOut === undefined ? {} : { leftOut }) };
  await file.commit({
    beforeRename: async (part) => void (await claim.finish(recorder.finish(results), part)),
  });
  return written;
}

function outputFormat({ output, format, columns }: RecordJob): RecordFormat<Record<string, unknown>> {
  return formatOf(output, format) === 'csv' ? csvFormat(columns) : jsonLinesFormat(z.looseObject({}));
}

async function* processAll(
  job: RecordJob,
  session: Session,
  skip: number,
  total: number | undefined,
): AsyncGenerator<readonly object[], void> {
  await using work = await job.open();
  const size = new BatchSize(job.batch);
  let done = 0;
  let batch: InputRecord[] = [];
  const show = (note?: string) => session.progress(progress(job.command, done, total, 'records', note));
  async function flush(): Promise<readonly object[]> {
    throwIfAborted(session.signal);
    show();
    size.started();
    const records = await work.process(batch, show);
    size.finished(batch);
    done += batch.length;
    batch = [];
    show();
    return records;
  }
  for await (const record of readRecords(job.input, job)) {
    if (done < skip) {
      work.passOver?.(record);
      done++;
      continue;
    }
    batch.push(record);
    if (size.isFull(batch)) yield await flush();
  }
  if (batch.length > 0) yield await flush();
}

/** Reads the whole input once, so that a bad line is told before hours of work, and not after. */
async function countRecords(job: RecordJob): Promise<number> {
  let count = 0;
  for await (const _ of readRecords(job.input, job)) count++;
  return count;
}
