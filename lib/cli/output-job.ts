/** Commands that make one file in one go: recognised by the digests of their run.json when it is there already. */
import { dirname } from 'node:path';
import { digestFile } from '../data/digest.js';
import { writeRunManifest } from '../data/run-manifest.js';
import { createRunRecorder } from '../data/run-recorder.js';
import { holdsFinishedOutput, runKeyOf } from './run-key.js';
import type { Session } from './session.js';

export interface OutputJob {
  readonly command: string;
  /** What the output depends on, beside model and inputs. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly versions?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Writes the output, whole or not at all, and returns what run.json is to hold of it. */
  readonly make: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Runs the job unless its output is there. Returns its results, or undefined for one that was there. */
export async function runOutputJob(
  job: OutputJob,
  session: Session,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { command, options, seed, versions = {}, model, inputs, output, make } = job;
  const recorder = createRunRecorder({
    command,
    options,
    versions,
    ...(seed === undefined ? {} : { seed }),
  });
  if (model !== undefined) await recorder.setModel(model);
  for (const input of inputs) await recorder.addInput(input);
  const runKey = runKeyOf(recorder.finish({}));
  if (await holdsFinishedOutput(output, runKey)) {
    session.say(`${output} is finished: same inputs and options. Remove it to make it again.`);
    return undefined;
  }
  const results = await recorder.step(command, make);
  const written = { path: output, digest: await digestFile(output) };
  await writeRunManifest(dirname(output), recorder.finish({ runKey, ...results, output: written }));
  return results;
}
