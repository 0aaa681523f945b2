/** `lethe merge`: the outputs of a campaign as one text file and its map, as published. */
import { Command } from 'commander';
import { mergeOutputs } from '../../sampling/merge.js';
import { integerOption } from '../options.js';

const EXAMPLES = `
Examples:
  lethe merge outputs/codeparrot-small-npg
  lethe merge outputs/codeparrot-small-npg --start 200000 --end 399999`;

export function createMergeCommand(): Command {
  return new Command('merge')
    .summary('merge sampled outputs into one file for clone detection')
    .description(
      'Writes all_A-B and map_A-B.json into the directory: the outputs without blank lines, each followed by a line with its md5, and the lines at which each one stands.',
    )
    .argument('<directory>', 'directory of a campaign: the outputs are its separate/<i>')
    .addOption(integerOption('--start <n>', 'first output', { min: 0, default: 0 }))
    .addOption(integerOption('--end <n>', 'last output, inclusive (default: the last there is)', { min: 0 }))
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string, options: { start: number; end?: number }) => {
      const { mergedPath, mapPath, outputs, lines } = await mergeOutputs(directory, options);
      process.stderr.write(`Wrote ${mergedPath} (${outputs} outputs, ${lines} lines) and ${mapPath}.\n`);
    });
}
