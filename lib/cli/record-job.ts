/**
 * Commands that turn records into records: in batches, in order, each finished batch on disk, so that the same command
 * goes on where it was stopped. Beside the output lies `run.json`, by whose digests finished work is recognised.
 */

import { once } from 'node:events';
import { dirname } from 'node:path';
import { z } from 'zod';
import { counted } from '../counted.js';
import { digestFile } from '../data/digest.js';
import { csvFormat, jsonLinesFormat, type RecordFormat } from '../data/record-format.js';
import { openResumableRecords } from '../data/resumable-records.js';
import { writeRunManifest } from '../data/run-manifest.js';
import { createRunRecorder, type RunRecorder } from '../data/run-recorder.js';
import { InputError, throwIfAborted } from '../errors.js';
import type { ChatTemplate } from '../model/chat/chat-template.js';
import { progress } from '../progress.js';
import type { OffsetUnit } from '../secrets/locate-secrets.js';
import { formatOf, type InputRecord, type RecordFormatName, readRecords } from './records.js';
import { holdsFinishedOutput, runKeyOf } from './run-key.js';
import type { Session } from './session.js';
import { nativeVersions } from './versions.js';

export interface RecordJob {
  /** The command's name. */
  readonly command: string;
  /** What the output depends on, beside model and input. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly model: string;
  /** A file, or `-`. */
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
  /** Records handed to `process` at once. */
  readonly batchRecords: number;
  /** Records written for one that was read, a constant. Default: 1. */
  readonly outputsPerInput?: number;
  /** The records that come of a batch, in its order. `note` puts a figure on the progress line. */
  readonly process: (
    batch: readonly InputRecord[],
    note: (text: string) => void,
  ) => Promise<readonly object[]>;
}

/** What resuming says when it is stopped with a file as output. */
export const RECORDS_INTERRUPTED =
  'Finished records are kept beside the output; run the same command to go on.';

/** Runs the job and returns the number of records written, those of an earlier run included. */
export async function runRecordJob(job: RecordJob, session: Session): Promise<number> {
  const fromFile = job.input !== '-';
  if (job.output !== '-' && fromFile) return runToFile(job, session);
  if (job.output !== '-')
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected --output - when --input is - but received a file: what came through a pipe cannot be gone on with.',
      { remedy: 'Save the input to a file first, or redirect stdout.' },
    );
  let written = 0;
  const format = outputFormat(job);
  for await (const records of processAll(job, session, 0, fromFile ? await countRecords(job) : undefined)) {
    for (const record of records) {
      const text = format.format(record as Record<string, unknown>, 'stdout');
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    }
    written += records.length;
  }
  return written;
}

async function runToFile(job: RecordJob, session: Session): Promise<number> {
  const total = await countRecords(job);
  const recorder = createRunRecorder({
    command: job.command,
    // A part of one format is not gone on with in another.
    options: { ...job.options, ...(formatOf(job.output, job.format) === 'csv' ? { format: 'csv' } : {}) },
    versions: nativeVersions(),
    ...(job.seed === undefined ? {} : { seed: job.seed }),
  });
  await recorder.setModel(job.model);
  await recorder.addInput(job.input);
  const runKey = runKeyOf(recorder.finish({}));
  const perInput = job.outputsPerInput ?? 1;
  if (await holdsFinishedOutput(job.output, runKey)) {
    session.say(`${job.output} is finished: same model, input and options. Remove it to make it again.`);
    return total * perInput;
  }

  await using file = await openResumableRecords(job.output, outputFormat(job), runKey);
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
  await file.commit();
  await writeManifest(job, recorder, runKey, written);
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
  let done = 0;
  let batch: InputRecord[] = [];
  const show = (note?: string) => session.progress(progress(job.command, done, total, 'records', note));
  async function flush(): Promise<readonly object[]> {
    throwIfAborted(session.signal);
    show();
    const records = await job.process(batch, show);
    done += batch.length;
    batch = [];
    show();
    return records;
  }
  for await (const record of readRecords(job.input, job)) {
    if (done < skip) {
      done++;
      continue;
    }
    batch.push(record);
    if (batch.length === job.batchRecords) yield await flush();
  }
  if (batch.length > 0) yield await flush();
}

/** Reads the whole input once, so that a bad line is told before hours of work, and not after. */
async function countRecords(job: RecordJob): Promise<number> {
  let count = 0;
  for await (const _ of readRecords(job.input, job)) count++;
  if (count === 0)
    throw new InputError('ERR_FILE_FORMAT', `Expected at least one record in ${job.input} but found none.`);
  return count;
}

async function writeManifest(
  job: RecordJob,
  recorder: RunRecorder,
  runKey: string,
  records: number,
): Promise<void> {
  const output = { path: job.output, digest: await digestFile(job.output) };
  await writeRunManifest(dirname(job.output), recorder.finish({ runKey, records, output }));
}
