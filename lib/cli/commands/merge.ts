/** `lethe merge`: the outputs of a campaign as text files and their maps, as published. */

import { Command } from 'commander';
import { counted } from '../../counted.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { runMerge } from '../../sampling/merge.js';
import { addForceOption, integerOption } from '../options.js';
import { withSession } from '../session.js';

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
      'Writes all_A-B and map_A-B.json into the directory: the outputs without blank lines, each followed by a line with its md5, and the lines at which each one stands.',
    )
    .argument('<directory>', 'directory of a campaign: its separate/<i>, or outputs-*.jsonl')
    .addOption(integerOption('--start <n>', 'first output', { min: 0, default: 0 }))
    .addOption(integerOption('--end <n>', 'last output, inclusive (default: the last there is)', { min: 0 }))
    .addOption(integerOption('--chunk <n>', 'outputs of one merged file', { min: 1, default: 200_000 }))
    .addHelpText('after', EXAMPLES)
    .action((directory: string, options: Options) =>
      withSession(async (session) => {
        const { force = false, ...range } = options;
        const place = { option: 'the directory', path: directory, kind: 'directory', ownFiles: /./ } as const;
        await using _ = await claimOutput(place, { command: 'merge', inputs: [], force });
        const merging = runMerge(directory, { ...range, replace: force, signal: session.signal });
        const { files } = await session.run(merging);
        for (const { mergedPath, mapPath, outputs, lines } of files)
          session.say(
            `Wrote ${mergedPath} (${counted(outputs, 'output')}, ${counted(lines, 'line')}) and ${mapPath}.`,
          );
      }),
    );
}
