/** Commands that make one output in one go: claimed first, recognised by its record when it is there already. */
import { type ClaimedPlace, claimOutput } from '../../data/outputs/claim.js';
import type { InputPlace } from '../../data/outputs/output-overlap.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import type { Session } from '../session.js';
import { finishDirectory } from './directory-output.js';
import { runKeyOf } from './run-key.js';

export interface OutputJob {
  readonly command: string;
  /** What the output depends on, beside model and inputs. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly versions?: Readonly<Record<string, string>>;
  /** As it was given: a directory, or a name on the hub. */
  readonly model?: InputPlace;
  /** Where the model lies, once it is needed. */
  readonly locate?: () => Promise<string>;
  readonly inputs: readonly InputPlace[];
  readonly output: string;
  /** Default: a file. */
  readonly kind?: ClaimedPlace['kind'];
  readonly force?: boolean | undefined;
  /** Writes the output, whole or not at all, and returns what its record is to hold. @param model where it lies */
  readonly make: (model: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** Runs the job unless its output is there. Returns its results, or undefined for one that was there. */
export async function runOutputJob(
  job: OutputJob,
  session: Session,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { command, options, seed, versions = {}, model, inputs, output, kind = 'file', force, make } = job;
  const reads = model === undefined ? inputs : [...inputs, model];
  await using claim = await claimOutput(
    { option: '--output', path: output, kind },
    { command, inputs: reads, force },
  );
  const recorder = createRunRecorder({
    command,
    options,
    versions,
    ...(seed === undefined ? {} : { seed }),
  });
  const directory = await job.locate?.();
  if (directory !== undefined) await recorder.setModel(directory);
  for (const { path } of inputs) await recorder.addInput(path);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim.isFinished(runKey)) {
    session.say(`${output} is finished: same inputs and options. Remove it to make it again.`);
    return undefined;
  }
  await claim.begin(runKey);
  const results = await recorder.step(command, () => make(directory ?? ''));
  await finishDirectory(claim, recorder.finish({ runKey, ...results }), session);
  return results;
}
