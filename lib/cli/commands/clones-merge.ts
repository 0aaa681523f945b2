/** `lethe clones merge`: the logs of several searches as one. */
import { Command, Option } from 'commander';
import { type CloneLogFormat, formatByName, LOG_FORMATS } from '../../clones/log/log-format.js';
import { withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe clones merge 0.log 1.log 2.log --log all.log
  lethe clones merge *.jsonl --log all.log

Logs are merged by length and fingerprint, each place once, so they must be of the same outputs and threshold. The totals
are sums over the logs: outputs that were searched against several shards count as often.`;

export function createClonesMergeCommand(): Command {
  return new Command('merge')
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
    .action((logs: string[], { log, format }: { log: string; format?: CloneLogFormat }) =>
      withSession(async (session) => {
        const { mergeCloneLogs } = await import('../../clones/log/merge-logs.js');
        const { groups, totals } = await session.run(
          mergeCloneLogs({ logs, log, format: format ?? formatByName(log), signal: session.signal }),
        );
        session.say(`${groups} shared blocks in ${totals.filesWithBlocks} files.`);
      }),
    );
}
