/** `lethe demo`: the whole mission in small, on real code. */
import { Command } from 'commander';
import { claimOutput } from '../../data/outputs/claim.js';
import { countPlanted, runDemo } from '../demo/demo.js';
import type { Dispatch } from '../dispatch.js';
import { EXIT_CODES, type ExitCode, withExitCode } from '../exit-code.js';
import { addForceOption, addSeedOption, deviceOption, integerOption } from '../options.js';

const HELP = `
Takes source files of the packages that lethe depends on, plants made-up secrets in some of them, trains a small GPT-2
from scratch until it has memorized them, and holds other files out. Then, as with any model, runs a mission file, the one that ships with the
package: samples the model, looks for memorized blocks, scans and probes the secrets, computes thresholds on the unseen
files, erases the secrets with CodeEraser, and measures again. Nothing is scripted: the numbers are what came out. The same
seed gives the same numbers on the same machine.

Writes report.html, report.json, run.json, mission.yaml, the model before (model) and after (unlearned), and all that lies
between. \`lethe run lethe-demo/mission.yaml\` runs any part of it again.

Examples:
  lethe demo
  lethe demo --directory /data/demo --seed 7 --json > summary.json`;

interface Options {
  readonly directory: string;
  readonly seed: number;
  readonly device?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly force?: boolean;
}

/** What the demo leaves in its directory. Its steps claim what they write, and its mission the whole. */
const OWN_FILES = /^(toy|model|mission\.yaml)$/;

/** Says at once what is wrong with the directory. */
async function lookAt({ directory, force }: Options): Promise<void> {
  await using _ = await claimOutput(
    { option: '--directory', path: directory, kind: 'directory', ownFiles: OWN_FILES },
    { command: 'demo', inputs: [], force },
  );
}

export function createDemoCommand(dispatch: Dispatch): Command {
  const command = new Command('demo')
    .summary('the whole mission in small, on real code: train, find, erase, prove')
    .description('Runs the whole mission in small, on real code, in about two minutes.')
    .option('--directory <path>', 'where everything goes', 'lethe-demo')
    .option('--json', 'print the verdict and its figures as one JSON object instead of a table')
    .addOption(deviceOption())
    .addOption(integerOption('--threads <n>', 'CPU threads (default: all cores)', { min: 1, max: 1024 }));
  return addForceOption(addSeedOption(command))
    .addHelpText('after', HELP)
    .action(
      withExitCode(async (options: Options) => {
        await lookAt(options);
        const forced: Dispatch = (argv) => dispatch(options.force ? [...argv, '--force'] : argv);
        const exitCode = (await runDemo(options, forced)) as ExitCode;
        if (exitCode === EXIT_CODES.done || exitCode === EXIT_CODES.missed) {
          const { planted, found } = await countPlanted(options.directory);
          process.stderr.write(`The scanner found ${found} of ${planted} planted secrets.\n`);
        }
        return exitCode;
      }),
    );
}
