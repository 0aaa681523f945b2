/** `lethe demo`: the whole mission in small, on real code. */
import { Command } from 'commander';
import { runDemo } from '../demo/mission.js';
import { formatSummary } from '../demo/summary.js';
import { placement } from '../open-model.js';
import { addDeviceOptions, addSeedOption, type ModelOptions } from '../options.js';
import { describeSeconds } from '../progress-line.js';
import { withSession } from '../session.js';

const HELP = `
Takes source files of the packages that lethe depends on, plants made-up secrets in some of them, trains a small GPT-2
from scratch until it has memorized them, and holds other files out. Then, as with any model: samples it, looks for
memorized blocks, scans and probes the secrets, computes thresholds on the unseen files, erases the secrets with
CodeEraser, and measures again. Nothing is scripted: the numbers are what came out. The same seed gives the same numbers
on the same machine.

Writes report.html, report.json, run.json, the model before (model) and after (unlearned), and all that lies between.

Examples:
  lethe demo
  lethe demo --directory /data/demo --seed 7 --json > summary.json`;

interface Options extends Omit<ModelOptions, 'model'> {
  readonly directory: string;
  readonly seed: number;
  readonly json?: boolean;
}

export function createDemoCommand(): Command {
  const command = new Command('demo')
    .summary('the whole mission in small, on real code: train, find, erase, prove')
    .description('Runs the whole mission in small, on real code, in about three minutes.')
    .option('--directory <path>', 'where everything goes', 'lethe-demo')
    .option('--json', 'print the summary as one JSON object instead of a table');
  return addDeviceOptions(addSeedOption(command))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          const start = performance.now();
          const result = await session.run(
            runDemo({
              directory: options.directory,
              seed: options.seed,
              placement: placement(options),
              signal: session.signal,
            }),
            (event) => {
              if (isStage(event))
                session.say(
                  `${event.name.padEnd(30)}${describeSeconds(event.seconds)}${event.reused ? '  (an earlier run)' : ''}`,
                );
            },
          );
          session.say(`${'all'.padEnd(30)}${describeSeconds((performance.now() - start) / 1000)}\n`);
          if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
          else
            process.stdout.write(`${formatSummary(result, result.thresholds)}\n\nReport: ${result.report}\n`);
        },
        {
          whenInterrupted: `Finished steps are kept in ${options.directory}; run the same command to go on.`,
        },
      ),
    );
}

function isStage(event: { readonly type: string }): event is {
  readonly type: 'stage';
  readonly name: string;
  readonly seconds: number;
  readonly reused: boolean;
} {
  return event.type === 'stage';
}
