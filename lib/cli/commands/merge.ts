/** `lethe merge`: the outputs of a campaign as text files and their maps, as published. */

import { Command } from 'commander';
import { counted } from '../../counted.js';
import { digestFile } from '../../data/digest.js';
import { claimOutput, claimOutputs } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { openOutputs } from '../../memorization/ranking/outputs.js';
import { planMerge, runMerge } from '../../sampling/merge.js';
import { addForceOption, integerOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { type Session, withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe merge outputs/codeparrot-small-npg
  lethe merge outputs/codeparrot-small-npg --start 200000 --end 399999`;

interface Options {
  readonly start: number;
  readonly end?: number;
  readonly chunk: number;
  readonly force?: boolean;
}

export function createMergeCommand(): Command {
  return addForceOption(new Command('merge'))
    .summary('merge sampled outputs into one file for clone detection')
    .description(
      'Writes all_A-B and map_A-B.json into the directory: the outputs without blank lines, each followed by a line with its md5, and the lines at which each one stands. Files that hold the same already stay as they are.',
    )
    .argument('<directory>', 'directory of a campaign: its separate/<i>, or outputs-*.jsonl')
    .addOption(integerOption('--start <n>', 'first output', { min: 0, default: 0 }))
    .addOption(integerOption('--end <n>', 'last output, inclusive (default: the last there is)', { min: 0 }))
    .addOption(integerOption('--chunk <n>', 'outputs of one merged file', { min: 1, default: 200_000 }))
    .addHelpText('after', EXAMPLES)
    .action((directory: string, options: Options) =>
      withSession((session) => merge(directory, options, session)),
    );
}

async function merge(
  directory: string,
  { force = false, ...range }: Options,
  session: Session,
): Promise<void> {
  // Of the whole directory, so that no campaign goes on in it meanwhile.
  const whole = { option: 'the directory', path: directory, kind: 'directory', ownFiles: /./ } as const;
  await using _ = await claimOutput(whole, { command: 'merge', inputs: [], force });
  const planned = await planMerge(directory, range);
  const { parts } = await openOutputs(directory);
  await using claims = await claimOutputs({
    command: 'merge',
    // Whether what is there is of these outputs is seen when they are merged: by its bytes.
    outputs: planned.flatMap(({ mergedPath, mapPath }) =>
      [mergedPath, mapPath].map((path) => {
        return { option: 'a merged file', path, kind: 'file', isOwn: async () => true } as const;
      }),
    ),
    inputs: parts.map((path) => ({ option: 'the outputs', path })),
    force,
  });
  const recorder = createRunRecorder({ command: 'merge', options: range });
  for (const part of parts) await recorder.addStamp(part);
  const merging = runMerge(directory, { ...range, replace: force, signal: session.signal });
  const { files } = await recorder.step('merge', () => session.run(merging));
  for (const [i, { mergedPath, mapPath, outputs, lines }] of files.entries()) {
    const runKey = runKeyOf(recorder.finish({}));
    const [merged, map] = claims.outputs.slice(2 * i);
    const digest = map!.isStream ? null : await digestFile(mapPath);
    const results = { runKey, outputs, lines, map: { path: mapPath, digest } };
    await merged!.finish(recorder.finish(results));
    session.say(
      `Wrote ${mergedPath} (${counted(outputs, 'output')}, ${counted(lines, 'line')}) and ${mapPath}.`,
    );
  }
}
