/** `lethe clones merge`: the logs of several searches as one. */
import { Command, Option } from 'commander';
import { type CloneLogFormat, formatByName, LOG_FORMATS } from '../../clones/log/log-format.js';
import { counted } from '../../counted.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { InputError } from '../../errors.js';
import { writeTextAtomic } from '../../files.js';
import { sayShare } from '../clone-searches.js';
import { addForceOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe clones merge 0.log 1.log 2.log --log all.log
  lethe clones merge *.jsonl --log all.log

Logs are merged by length and fingerprint, each place once, so they must be of the same outputs and threshold. The totals
are sums over the logs: outputs that were searched against several shards count as often. Logs of spans must be of
different shards; a span within a longer one of another log is left out, so that the merged log is that of one search.`;

interface Options {
  readonly log: string;
  readonly format?: CloneLogFormat;
  readonly force?: boolean;
}

export function createClonesMergeCommand(): Command {
  return addForceOption(new Command('merge'))
    .summary('merge the logs of several searches')
    .description(
      "Writes the union of clone logs, Simian's or ours, text or JSON lines, as one log; or that of logs of spans.",
    )
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
        const { isSpanLog } = await import('../../clones/spans/span-log.js');
        if (await isSpanLog(logs[0]!)) {
          if (given === 'simian')
            throw new InputError(
              'ERR_INVALID_OPTION',
              'Expected jsonl for --format of logs of spans but received simian.',
            );
          session.say(
            await mergeSpans(logs, log, (part, results) =>
              claim.finish(recorder.finish({ runKey, ...results }), part),
            ),
          );
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

/** Returns what there is to say of it. */
async function mergeSpans(
  logs: readonly string[],
  log: string,
  finish: (part: string, results: object) => Promise<unknown>,
): Promise<string> {
  const { formatSpanLog, mergeSpanLogs } = await import('../../clones/spans/span-log.js');
  const report = await mergeSpanLogs(logs);
  const { totals } = report;
  await writeTextAtomic(log, formatSpanLog(report), {
    beforeRename: async (part) => void (await finish(part, { spans: totals.spans, totals })),
  });
  return `${counted(totals.spans, 'span')}; ${sayShare(totals)}`;
}
