/** `lethe clones`: blocks of lines that outputs share with a corpus, as a log in the published format. */
import { Command } from 'commander';
import { type CloneReport, detectClones } from '../../clones/detect.js';
import { formatCloneLog } from '../../clones/log.js';
import { writeTextAtomic } from '../../files.js';
import { integerOption } from '../options.js';
import { withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe clones outputs/all_0-19999 corpus/0 --log 0.log
  lethe clones outputs/all_0-19999 corpus/* --threshold 10 --log clones.log
  lethe clones outputs/all_0-999 corpus/0 --json > groups.jsonl

The log is that of Simian 2.5.10 (-threshold=N, plain text), every group that has an occurrence on both sides, in the
order of length, fingerprint, file and line. --json writes one group a line:
  {"length": 6, "fingerprint": "...", "occurrences": [{"file": "...", "start": 1, "end": 6}]}`;

interface Options {
  readonly log?: string;
  readonly threshold: number;
  readonly json?: boolean;
}

export function createClonesCommand(): Command {
  return new Command('clones')
    .summary('find blocks of lines that outputs share with a corpus')
    .description(
      'Finds every block of lines that stands both in the outputs and in a corpus shard. The corpus is read once; memory grows with the outputs and the matches.',
    )
    .argument('<outputs>', 'text file of model outputs, e.g. all_0-19999')
    .argument('<shards...>', 'text files of the training corpus')
    .option('--log <file>', 'where the log goes, or - for stdout (default: - unless --json is given)')
    .addOption(integerOption('--threshold <n>', 'lines of the shortest block', { min: 2, default: 6 }))
    .option('--json', 'write the groups to stdout as JSON lines')
    .addHelpText('after', EXAMPLES)
    .action((outputs: string, shards: string[], options: Options) =>
      withSession(async (session) => {
        const report = await session.run(
          detectClones({
            outputs: [outputs],
            shards,
            threshold: options.threshold,
            signal: session.signal,
          }),
          (event) => {
            if (event.type === 'warning') session.say(`lethe: warning: ${event.message}`);
          },
        );
        await write(report, options);
        session.say(
          `${report.groups.length} shared blocks of at least ${options.threshold} lines in ${report.totals.files} files.`,
        );
      }),
    );
}

async function write(report: CloneReport, { log, json }: Options): Promise<void> {
  const target = log ?? (json ? undefined : '-');
  if (target === '-') for (const line of formatCloneLog(report)) process.stdout.write(line);
  else if (target !== undefined) await writeTextAtomic(target, formatCloneLog(report));
  if (json) for (const group of report.groups) process.stdout.write(`${JSON.stringify(group)}\n`);
}
