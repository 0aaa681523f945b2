/** `lethe clones`: blocks of lines that outputs share with a corpus, as a log in the published format. */

import { Command, Option } from 'commander';
import { LINE_MODES } from '../../clones/lines/line-mode.js';
import { LOG_FORMATS } from '../../clones/log/log-format.js';
import { LEAST_MIN_BYTES } from '../../clones/spans/span-report.js';
import { findShards } from '../../data/corpus/find-shards.js';
import { LeftOut } from '../../data/left-out.js';
import { claimOutput, type OutputClaim } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { InputError } from '../../errors.js';
import { writeTextAtomic } from '../../files.js';
import { type CloneOptions, cloneSearch, type FoundClones } from '../clone-searches.js';
import { addIdleRules } from '../idle-options.js';
import { addForceOption, integerOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { print } from '../print.js';
import { sayLeftOut } from '../say-left-out.js';
import { withSession } from '../session.js';
import { parseShare, shareOf } from '../share.js';
import { createClonesMergeCommand } from './clones-merge.js';

const EXAMPLES = `
Examples:
  lethe clones outputs/all_0-19999 corpus/0 --log 0.log
  lethe clones outputs/all_0-19999 corpus/ --log clones.jsonl
  lethe clones outputs/all_0-19999 corpus/*.gz --threshold 10 --workers 8 --log clones.jsonl
  lethe clones outputs/all_0-19999 corpus/ --shard $SLURM_ARRAY_TASK_ID/8 --log $SLURM_ARRAY_TASK_ID.log
  lethe clones merge [1-8].log --log all.log
  lethe clones outputs/all_0-999 corpus/0 --json > groups.jsonl
  lethe clones outputs/all_0-999 corpus/ --mode spans --log spans.jsonl
  lethe clones outputs/all_0-999 corpus/ --mode spans --min-tokens 50 --tokenizer models/codeparrot-small --log spans.jsonl

The log is that of Simian 2.5.10 (-threshold=N, plain text), every group that has an occurrence on both sides, in the
order of length, fingerprint, file and line. --format jsonl, or a log called *.jsonl, has one group a line, then the totals:
  {"length": 6, "fingerprint": "...", "occurrences": [{"file": "...", "start": 1, "end": 6}]}
  {"totals": {"duplicateLines": 12, "blocks": 2, ...}}
--json writes the groups alone to stdout.

Shards are searched together: equal blocks in two of them are one group. As published there is one search for each, and
one log; --separately does that and merges the logs. --shard i/n does it for every n-th shard, i from 1 to n, so that
the merged logs of a job array are the same for every n.

--mode spans writes JSON lines: of each output the longest pieces that stand in the corpus byte for byte, none within
another one, each within one output and one document; then the totals:
  {"file": "...", "output": "12", "start": 0, "end": 431, "bytes": 431, "count": 35, "occurrences": [{"file": "...",
   "document": "...", "path": "...", "licence": "...", "offset": 1024}]}
start and end count UTF-16 code units of the output, offset bytes of the document. The first 20 occurrences are listed,
count is that of all. Shards may be searched in any shares: the merged logs are that of one search.`;

const MODES = [...LINE_MODES, 'spans'] as const;

const isSpans = ({ mode }: CloneOptions) => mode === 'spans';

/** Options are positional because `merge` has --log and --format of its own. */
export function createClonesCommand(): Command {
  const command = addIdleRules(
    new Command('clones'),
    {
      options: ['force'],
      beside: ({ log }) => (log === undefined || log === '-' ? 'without a file for --log' : undefined),
    },
    {
      options: ['format'],
      beside: ({ log, json }) => (log === undefined && json ? 'without --log' : undefined),
    },
    {
      options: ['separately'],
      beside: ({ shard }) => (shard === undefined ? undefined : 'with --shard, which does so,'),
    },
    {
      options: ['threshold', 'separately', 'format'],
      beside: (options) => (isSpans(options) ? 'with --mode spans' : undefined),
    },
    {
      options: ['minBytes', 'minTokens', 'tokenizer', 'anyWhiteSpace'],
      beside: (options) => (isSpans(options) ? undefined : 'without --mode spans'),
    },
    {
      options: ['minBytes', 'anyWhiteSpace'],
      beside: ({ minTokens }) =>
        minTokens === undefined ? undefined : 'with --min-tokens, which counts tokens of the text as it is,',
    },
    {
      options: ['tokenizer'],
      beside: ({ minTokens }) => (minTokens === undefined ? 'without --min-tokens' : undefined),
    },
  );
  return addForceOption(command)
    .summary('find blocks of lines, or spans of text, that outputs share with a corpus')
    .description(
      'Finds every block of lines, or every span of text, that stands both in the outputs and in a corpus shard. The corpus is read once; memory grows with the outputs and the matches.',
    )
    .argument('<outputs>', 'text file of model outputs, e.g. all_0-19999')
    .argument(
      '<shards...>',
      'text files of the training corpus, compressed or not, or the directory of a built one',
    )
    .option('--log <file>', 'where the log goes, or - for stdout (default: - unless --json is given)')
    .addOption(
      new Option('--format <name>', 'format of the log (default: jsonl for a log called *.jsonl)').choices(
        LOG_FORMATS,
      ),
    )
    .option('--json', 'write the groups to stdout as JSON lines')
    .option(
      '--outputs <file>',
      'one more file of model outputs; may be given again',
      (file: string, files: readonly string[]) => [...files, file],
      [],
    )
    .addOption(
      integerOption('--threshold <n>', 'lines of the shortest block', { min: 2, max: 100_000, default: 6 }),
    )
    .addOption(
      new Option(
        '--mode <name>',
        'compare lines as Simian does, or exactly: as text, document by document; or look for spans: the longest pieces of text, wherever lines begin and end',
      )
        .choices(MODES)
        .default('simian'),
    )
    .addOption(
      integerOption('--min-bytes <n>', 'bytes of the shortest span', { min: LEAST_MIN_BYTES, default: 150 }),
    )
    .addOption(
      integerOption('--min-tokens <n>', 'tokens of the shortest span, in place of bytes', {
        min: LEAST_MIN_BYTES,
      }),
    )
    .option('--tokenizer <directory>', 'model directory, whose tokens --min-tokens counts')
    .option('--any-white-space', 'any run of white space in a span is like any other')
    .option('--separately', 'search each shard by itself, as published, and merge what is found')
    .addOption(
      new Option('--shard <i/n>', 'search the i-th of n shares of the shards, separately').argParser(
        parseShare,
      ),
    )
    .addOption(integerOption('--workers <n>', 'threads (default: all cores)', { min: 1, max: 1024 }))
    .addHelpText('after', EXAMPLES)
    .addCommand(createClonesMergeCommand())
    .helpCommand(false)
    .enablePositionalOptions()
    .action((outputs: string, shards: string[], options: CloneOptions) =>
      withSession(async (session) => {
        const { workers, shard } = options;
        if (options.minTokens !== undefined && options.tokenizer === undefined)
          throw new InputError(
            'ERR_INVALID_OPTION',
            'Expected --tokenizer beside --min-tokens but received none.',
            {
              remedy: 'Name the directory of the model whose tokens count.',
            },
          );
        const search = await cloneSearch(options);
        const leftOut = new LeftOut();
        const files = await findShards(shards, leftOut.add);
        sayLeftOut(leftOut, session);
        const found = {
          outputs: [outputs, ...options.outputs],
          shards: shard === undefined ? files : shareOf(files, shard, 'shards'),
        };
        await using log = await claimLog('clones', options, found);
        const recorder = createRunRecorder({ command: 'clones', options: search.settings });
        // A file that is not there is for the search to tell, which goes on with the others.
        for (const path of [...found.outputs, ...found.shards])
          if (log !== undefined) await recorder.addStamp(path).catch(() => {});
        for (const path of search.inputs) await recorder.addInput(path);
        const runKey = runKeyOf(recorder.finish({}));
        const finished = await log?.isFinished(runKey);
        if (finished && options.json !== true) {
          session.say(
            `${log!.path} is finished: same outputs, shards and options. Remove it to make it again.`,
          );
          return;
        }
        const clones = await session.run(
          search.run({ ...found, workers, signal: session.signal }),
          (event) => {
            if (event.type === 'warning') session.say(`lethe: warning: ${event.message}`);
          },
        );
        const { failed } = clones;
        const incomplete =
          failed.length === 0 ? {} : { unfinished: true, failed: failed.map(({ file }) => file) };
        const results = { runKey, ...clones.results, ...incomplete };
        const record = async (part: string) => void (await log?.finish(recorder.finish(results), part));
        await write(clones, options, record);
        session.say(clones.sentence);
        if (failed.length > 0) throw failedShards(clones);
      }),
    );
}

/** Undefined where the log goes to stdout, or nowhere. */
async function claimLog(
  command: string,
  { log, force }: CloneOptions,
  { outputs, shards }: { readonly outputs: readonly string[]; readonly shards: readonly string[] },
): Promise<OutputClaim | undefined> {
  if (log === undefined || log === '-') return undefined;
  const inputs = [
    ...outputs.map((path) => ({ option: 'the outputs', path })),
    ...shards.map((path) => ({ option: 'a shard', path })),
  ];
  return claimOutput({ option: '--log', path: log, kind: 'file' }, { command, inputs, force });
}

async function write(
  found: FoundClones,
  { log, json }: CloneOptions,
  beforeRename: (part: string) => Promise<void>,
): Promise<void> {
  const target = log ?? (json ? undefined : '-');
  if (target === '-') for (const piece of found.log()) await print(piece);
  else if (target !== undefined) await writeTextAtomic(target, found.log(), { beforeRename });
  if (json) for (const line of found.json()) await print(line);
}

function failedShards({ failed }: FoundClones): InputError {
  const [first] = failed;
  const what =
    failed.length === 1
      ? `1 shard (${first!.file}) could not be searched`
      : `${failed.length} shards could not be searched (${failed.map(({ file }) => file).join(', ')})`;
  return new InputError(first!.error.code, `${what}; the log holds what was found in the others.`, {
    remedy:
      'Search these shards by themselves once they can be read, and merge the logs: lethe clones merge.',
    cause: first!.error,
  });
}
