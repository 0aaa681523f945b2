/** `lethe clones merge`: the logs of several searches as one. */
import { Command, Option } from 'commander';
import { type CloneLogFormat, formatByName, LOG_FORMATS } from '../../clones/log/log-format.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { addForceOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe clones merge 0.log 1.log 2.log --log all.log
  lethe clones merge *.jsonl --log all.log

Logs are merged by length and fingerprint, each place once, so they must be of the same outputs and threshold. The totals
are sums over the logs: outputs that were searched against several shards count as often.`;

interface Options {
  readonly log: string;
  readonly format?: CloneLogFormat;
  readonly force?: boolean;
}

export function createClonesMergeCommand(): Command {
  return addForceOption(new Command('merge'))
    .summary('merge the logs of several searches')
    .description("Writes the union of clone logs, Simian's or ours, text or JSON lines, as one log.")
    .argument('<logs...>', "clone logs, gzip'd or not")
    .requiredOption('--log <file>', 'where the merged log goes')
    .addOption(
      new Option('--format <name>', 'format of the log (default: jsonl for a log called *.jsonl)').choices(
        LOG_FORMATS,
      ),
    )
    .addHelpText('after', EXAMPLES)
    .action((logs: string[], { log, format: given, force }: Options) =>
      withSession(async (session) => {
        const format = given ?? formatByName(log);
        const inputs = logs.map((path) => ({ option: 'a log', path }));
        const place = { option: '--log', path: log, kind: 'file' } as const;
        await using claim = await claimOutput(place, { command: 'clones merge', inputs, force });
        const recorder = createRunRecorder({ command: 'clones merge', options: { format } });
        for (const path of logs) await recorder.addInput(path);
        const runKey = runKeyOf(recorder.finish({}));
        if (await claim.isFinished(runKey)) {
          session.say(`${log} is finished: same logs and format. Remove it to make it again.`);
          return;
        }
        const { mergeCloneLogs } = await import('../../clones/log/merge-logs.js');
        const { groups, totals } = await session.run(
          mergeCloneLogs({
            logs,
            log,
            format,
            beforeRename: async (part, merged) =>
              void (await claim.finish(recorder.finish({ runKey, ...merged }), part)),
            signal: session.signal,
          }),
        );
        session.say(`${groups} shared blocks in ${totals.filesWithBlocks} files.`);
      }),
    );
}
