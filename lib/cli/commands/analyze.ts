/** `lethe analyze`: what clone logs say of memorization, in the published files and in files for the report. */

import { Command, Option } from 'commander';
import { describeAgreement } from '../../clones/log/agreement.js';
import { counted } from '../../counted.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { readJsonFile } from '../../files.js';
import { type AnalyzeResult, analyzeClones } from '../../memorization/analysis/analyze.js';
import { analysisPaths, type Counting } from '../../memorization/analysis/summary.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { addIdleRules } from '../idle-options.js';
import { addForceOption, integerOption } from '../options.js';
import { finishDirectory } from '../outputs/directory-output.js';
import { runKeyOf } from '../outputs/run-key.js';
import { type Session, withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe analyze logs/*.log --outputs outputs/all_0-19999 --map outputs/map_0-19999.json --output analysis
  lethe analyze logs/*.log --outputs outputs/all_0-19999 --map outputs/map_0-19999.json --output analysis \\
    --name codeparrot-small --tokenizer models/codeparrot-small --shards corpus

Writes memorization.json, analyze/<shard>.txt, analyze/all.txt, begin_end_list.txt, extract_prompt.json and
<name>_all_memorization.csv as published; analysis.json, fingerprints.jsonl and outputs.jsonl for the report. With
--tokenizer also <name>_filtered_memorization.csv: the texts of 128 to 512 tokens.`;

interface Options {
  readonly outputs: string;
  readonly map: string;
  readonly output: string;
  readonly name?: string;
  readonly counting: Counting;
  readonly tokenizer?: string;
  readonly minTokens: number;
  readonly maxTokens: number;
  readonly corpus: string;
  readonly shards?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

export function createAnalyzeCommand(): Command {
  const command = addIdleRules(new Command('analyze'), {
    options: ['minTokens', 'maxTokens'],
    beside: ({ tokenizer }) => (tokenizer === undefined ? 'without --tokenizer' : undefined),
  });
  return addForceOption(command)
    .summary('count what clone logs show to be memorized: texts, tables, figures')
    .description(
      'Reads clone logs, one a corpus shard or joint ones, and writes what was memorized, how often it stands in the corpus and in the outputs, and how it grows with the number of outputs.',
    )
    .argument('<logs...>', 'clone logs (lethe clones)')
    .requiredOption('--outputs <file>', 'the merged outputs, all_A-B')
    .requiredOption('--map <file>', 'their map, map_A-B.json')
    .requiredOption('--output <directory>', 'where the files go')
    .option('--name <name>', 'name of the run and of its tables (default: the directory of the outputs)')
    .addOption(
      new Option(
        '--counting <how>',
        'count distinct places of blocks whose lines agree as text, or as the published analyser does: all that the logs list, places in the outputs once a log',
      )
        .choices(['distinct', 'published'])
        .default('distinct'),
    )
    .option('--tokenizer <directory>', 'model directory, whose tokens limit the filtered table')
    .addOption(
      integerOption('--min-tokens <n>', 'fewest tokens of a filtered text', { min: 0, default: 128 }),
    )
    .addOption(integerOption('--max-tokens <n>', 'most tokens of a filtered text', { min: 0, default: 512 }))
    .option('--corpus <name>', 'what the tables call the corpus', 'codeparrot-clean-train')
    .option(
      '--shards <directory>',
      'where the corpus shards and their maps lie: documents are named, and the shards checked (default: maps beside the paths of the logs, where they are)',
    )
    .option('--json', 'write analysis.json to stdout too')
    .addHelpText('after', EXAMPLES)
    .action((logs: string[], options: Options) => withSession((session) => run(logs, options, session)));
}

async function run(logs: readonly string[], options: Options, session: Session): Promise<void> {
  const { output, json, force, tokenizer: tokenizerPath, ...settings } = options;
  const inputs = [
    ...logs.map((path) => ({ option: 'a log', path })),
    { option: '--outputs', path: options.outputs },
    { option: '--map', path: options.map },
    ...(tokenizerPath === undefined ? [] : [{ option: '--tokenizer', path: tokenizerPath }]),
    ...(options.shards === undefined ? [] : [{ option: '--shards', path: options.shards, byName: true }]),
  ];
  const place = { option: '--output', path: output, kind: 'directory' } as const;
  await using claim = await claimOutput(place, { command: 'analyze', inputs, force });
  const recorder = createRunRecorder({
    command: 'analyze',
    options: { ...settings, ...(tokenizerPath === undefined ? {} : { tokenizer: tokenizerPath }) },
  });
  const tokenizer = tokenizerPath === undefined ? undefined : await Tokenizer.load(tokenizerPath);
  for (const path of [...logs, options.outputs, options.map]) await recorder.addInput(path);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim.isFinished(runKey)) {
    session.say(`${output} holds this very analysis, finished. Remove it to make it again.`);
    if (json) process.stdout.write(`${JSON.stringify(await readJsonFile(analysisPaths(output).analysis))}\n`);
    return;
  }
  await claim.begin(runKey);
  const result = await recorder.step('analyze', () =>
    session.run(analyzeClones({ ...settings, logs, directory: output, tokenizer, signal: session.signal })),
  );
  const { fingerprints, outputs, agreement } = result.analysis;
  await finishDirectory(
    claim,
    recorder.finish({
      runKey,
      fingerprints,
      outputsWithBlocks: outputs.withBlocks,
      filtered: result.filtered ?? null,
      ...(agreement === undefined ? {} : { agreement }),
    }),
    session,
  );
  say(result, options, session);
  if (json) process.stdout.write(`${JSON.stringify(result.analysis)}\n`);
}

function say({ analysis, filtered }: AnalyzeResult, options: Options, session: Session): void {
  if (analysis.agreement !== undefined)
    for (const sentence of describeAgreement(analysis.agreement)) session.say(sentence);
  const { fingerprints, outputs } = analysis;
  session.say(
    `Obtained ${counted(fingerprints, 'piece')} of memorized text; ${outputs.withBlocks} of ${outputs.count} outputs hold one. ${options.output} has the files.`,
  );
  session.say(
    filtered === undefined
      ? 'The filtered table was not written: tokens are counted only with --tokenizer.'
      : `Selected ${filtered} of ${options.minTokens} to ${options.maxTokens} tokens.`,
  );
}
