/** `lethe rank`: which outputs are likely memorized, without the training data; and how good that guess is, with it. */
import { rm } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { describeAgreement } from '../../clones/log/agreement.js';
import { counted } from '../../counted.js';
import { digestFile } from '../../data/digest.js';
import { LeftOut } from '../../data/left-out.js';
import { openResumableJsonLines } from '../../data/outputs/resumable-json-lines.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { readJsonLines, writeJsonLines } from '../../data/text/json-lines.js';
import { InputError } from '../../errors.js';
import type { Counting } from '../../memorization/analysis/summary.js';
import { type OutputSource, openOutputs } from '../../memorization/ranking/outputs.js';
import { type RankedOutputs, rankOutputs } from '../../memorization/ranking/rank.js';
import { RANKING_FILE, type Ranking, rankedOutputSchema } from '../../memorization/ranking/records.js';
import { type RankingModel, scoreOutputs } from '../../memorization/ranking/score-outputs.js';
import { readVerdicts, type Verdicts } from '../../memorization/ranking/verdicts.js';
import { addIdleRules } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addForceOption,
  addModelOptions,
  integerOption,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { claimRanking, temporaryFile, writeRanking } from '../ranking-files.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { addTreeOptions, type TreeFlags, treeOptions } from '../tree-options.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Scores, higher meaning more likely memorized; L1 and L2 are the logarithms of the perplexities under the two models:
  perplexity    -L1
  smallFirst    L1 / L2, with --model2: outputs that model 2 knows better come first
  largeFirst    L2 / L1, with --model2
  lowercase     L1 of the lower-cased text / L1
  zlib          bytes of the compressed text / L1
  minK          mean log-probability of the least likely tokens
  minKPlusPlus  the same after subtracting the mean and dividing by the deviation of the model's own distribution
With --windows the same again as windowPerplexity and so on, from means over every n consecutive lines.

Writes {id, tokens, cut, zlibBytes, perplexity, perplexity2, perplexityLower, scores, ranks, memorized} a line, in the
order of the outputs; rank 1 is best. With --log and --map also ${RANKING_FILE}: precision at n, ROC and AUC of each score; in the
directory of an analysis, \`lethe report\` shows it. The scores are kept: the same command with other logs computes no
model again.

Examples:
  lethe rank --outputs outputs/small-npg --model codeparrot-small --model2 codeparrot --output ranking.jsonl
  lethe rank --outputs out/all_0-19999 --model codeparrot-small --windows --log 0.log 1.log --map out/map_0-19999.json \\
    --output ranking.jsonl --ranking analysis/${RANKING_FILE}
  jq -r 'select(.ranks.zlib <= 100) | .id' ranking.jsonl
  jq -s 'sort_by(-.scores.minKPlusPlus)[:10][] | {id, perplexity, memorized}' ranking.jsonl`;

interface Options extends ModelOptions, TreeFlags {
  readonly outputs: string;
  readonly model2?: string;
  readonly windows?: number;
  readonly minK: number;
  readonly log?: string[];
  readonly map?: string[];
  readonly counting: Counting;
  readonly shards?: string;
  readonly output: string;
  readonly force?: boolean;
  readonly ranking?: string;
  readonly json?: boolean;
}

export function createRankCommand(): Command {
  const command = new Command('rank')
    .summary('rank outputs by how likely they are memorized')
    .description('Ranks sampled outputs by how likely they are memorized, from likelihoods alone.')
    .addOption(
      new InputOption(
        '--outputs <path>',
        'directory of a campaign, JSON lines, CSV, or merged file all_A-B',
      ).makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'JSON lines to write');
  addIdleRules(command, {
    options: ['counting', 'shards'],
    beside: ({ log }) => (log === undefined ? 'without --log' : undefined),
  });
  return addForceOption(addTreeOptions(addModelOptions(command)))
    .option('--model2 <name>', 'a larger or smaller model with the same tokenizer')
    .addOption(
      integerOption('--windows [lines]', 'score windows of that many lines too', { min: 1 }).preset('6'),
    )
    .addOption(
      numberOption('--min-k <share>', 'share of the tokens that Min-K looks at', {
        min: 1e-6,
        max: 1,
        default: 0.2,
      }),
    )
    .option('--log <files...>', 'clone logs that say which outputs are memorized')
    .option('--map <files...>', 'map_A-B.json of the outputs that the logs were made from')
    .addOption(
      new Option(
        '--counting <how>',
        'which blocks of the logs make an output memorized: those whose lines agree as text, or all as published',
      )
        .choices(['distinct', 'published'])
        .default('distinct'),
    )
    .option(
      '--shards <directory>',
      'where the corpus files of the logs lie, to compare lines as text (default: the paths of the logs)',
    )
    .option('--ranking <file>', `where ${RANKING_FILE} goes (default: beside the output)`)
    .option('--json', 'write a summary to stdout as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession((session) => rank(options, session), {
        whenInterrupted: 'Finished scores are kept beside the output; run the same command to go on.',
      }),
    );
}

async function rank(options: Options, session: Session): Promise<void> {
  const { output, log, map, counting, shards, windows, minK, signal } = {
    ...options,
    signal: session.signal,
  };
  if ((log === undefined) !== (map === undefined))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected --log and --map together but received only --${log === undefined ? 'map' : 'log'}.`,
      { remedy: 'The map says which lines of the merged outputs, and so of the log, are which output.' },
    );
  const { hidden, maxFileBytes, include, exclude } = options;
  const tree = await treeOptions(options, [options.outputs]);
  const leftOut = new LeftOut();
  const source = await openOutputs(options.outputs, { ...tree, onLeftOut: leftOut.add });
  await using files = await claimRanking(options, source);
  const { claim } = files;
  const verdicts: Partial<Verdicts> & Pick<Verdicts, 'outputs'> =
    log === undefined || map === undefined
      ? { outputs: await countOutputs(source) }
      : await session.run(readVerdicts(source, { logs: log, maps: map, counting, shards, signal }));

  sayLeftOut(leftOut, session);
  if (verdicts.outputs === 0)
    throw new InputError('ERR_FILE_FORMAT', `Expected at least one output in ${source.path} but found none.`);

  const directory = await locateModel(options, session);
  const directory2 =
    options.model2 === undefined
      ? undefined
      : await locateModel(
          { model: options.model2, ...(options.localFilesOnly ? { localFilesOnly: true } : {}) },
          session,
        );
  const settings = {
    windows: windows ?? null,
    minK,
    dtype: options.dtype ?? 'float32',
    ...{ hidden, maxFileBytes, include, exclude },
  };
  const recorder = createRunRecorder({ command: 'rank', options: settings, versions: nativeVersions() });
  await recorder.setModel(directory);
  if (directory2 !== undefined) await recorder.addModel(directory2);
  for (const part of source.parts) await recorder.addInput(part);
  // Before the logs: other verdicts need no new scores.
  const runKey = runKeyOf(recorder.finish({}));
  for (const path of [...(log ?? []), ...(map ?? [])]) await recorder.addInput(path);

  const finished = await claim.isFinished(runKey);
  // A pipe cannot be read again: the scores for it lie elsewhere while they are made.
  await using scratch = claim.isStream ? await temporaryFile('ranking.jsonl') : undefined;
  const kept = scratch?.path ?? output;
  if (finished)
    session.say(`The scores in ${output} are those of these outputs and models: none is computed again.`);
  await using scores = finished
    ? undefined
    : await openResumableJsonLines(kept, rankedOutputSchema, runKey, { discardOthers: claim.force });
  if (scores !== undefined && scores.keptCount < verdicts.outputs) {
    if (scores.keptCount > 0)
      session.say(
        `Going on after ${counted(scores.keptCount, 'output')} of ${output}.part that are finished.`,
      );
    await using first = await openRankingModel(directory, options);
    await using second = directory2 === undefined ? undefined : await openRankingModel(directory2, options);
    const scoring = scoreOutputs(first, second, source.read(), {
      windows,
      minK,
      total: verdicts.outputs,
      skip: scores.keptCount,
      signal,
    });
    await recorder.step('rank', () =>
      session.run(scoring, async (event) => {
        if (event.type === 'cut')
          session.say(
            `lethe: warning: output ${event.id} is longer than the context of ${event.maxTokens} tokens: it and others like it are cut to that.`,
          );
        if (event.type === 'scored') for (const record of event.outputs) await scores.append(record);
      }),
    );
  }

  const ranked = await rankOutputs(
    () => scores?.records() ?? readJsonLines(output, rankedOutputSchema),
    verdicts.memorized,
    verdicts.agreement,
  );
  const { outputs, cut, ranking } = ranked;
  const figures = { outputs, cut, leftOut, ...(ranking === undefined ? {} : verdictOf(ranking)) };
  const finish = async (part?: string) => {
    const written = await writeRanking(files, ranked, session);
    await claim.finish(recorder.finish({ runKey, ...figures, ...written }), part);
  };
  await writeJsonLines(output, ranked.records(), { beforeRename: finish });
  if (claim.isStream) await finish();
  if (scores !== undefined) {
    await scores.close();
    for (const end of ['.part', '.part.key']) await rm(`${kept}${end}`, { force: true });
  }
  report(ranked, options.json === true, session);
}

/** @param other a model whose tokenizer is taken if it is the same file over again */
async function openRankingModel(
  directory: string,
  options: Options,
  other?: RankingModel,
): Promise<RankingModel & AsyncDisposable> {
  const model = await openModel(directory, options);
  try {
    const own = await openTokenizer(directory, model);
    const same = other && (await digestFile(own.files[0]!)) === (await digestFile(other.tokenizer.files[0]!));
    return { model, tokenizer: same ? other.tokenizer : own, [Symbol.asyncDispose]: () => model.dispose() };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

async function countOutputs(source: OutputSource): Promise<number> {
  let count = 0;
  for await (const _ of source.read()) count++;
  return count;
}

function report(ranked: RankedOutputs, json: boolean, session: Session): void {
  const { ranking, best, outputs, cut } = ranked;
  if (ranking === undefined) {
    session.say(`Ranked ${counted(outputs, 'output')}. Best first:`);
    for (const [name, ids] of best) session.say(`  ${name.padEnd(18)}  ${ids.join(' ')}`);
  } else {
    session.say(
      `Ranked ${counted(outputs, 'output')}, of which ${ranking.memorized} ${ranking.memorized === 1 ? 'is' : 'are'} memorized by the clone logs.`,
    );
    if (ranking.agreement !== undefined)
      for (const sentence of describeAgreement(ranking.agreement)) session.say(sentence);
    for (const line of tableOf(ranking.scores)) session.say(line);
  }
  if (!json) return;
  const scores = [...best].map(([name, ids]) => {
    const quality = ranking?.scores.find((score) => score.name === name);
    return {
      name,
      best: ids,
      ...(quality === undefined ? {} : { auc: quality.auc, precisionAt: quality.precisionAt }),
    };
  });
  const summary = {
    outputs,
    cut,
    ...(ranking === undefined ? {} : verdictOf(ranking)),
    scores,
  };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}

function verdictOf({ memorized, agreement }: Ranking) {
  return { memorized, ...(agreement === undefined ? {} : { agreement }) };
}

type Quality = NonNullable<RankedOutputs['ranking']>['scores'][number];

/** A line for each score: AUC, then the share of memorized outputs among the best n. */
function tableOf(scores: readonly Quality[]): string[] {
  const counts = scores[0]?.precisionAt.map(({ n }) => n) ?? [];
  const cell = (text: string) => text.padStart(8);
  return [
    `  ${'score'.padEnd(20)}${cell('AUC')}${counts.map((n) => cell(`P@${n}`)).join('')}`,
    ...scores.map(
      ({ name, auc, precisionAt }) =>
        `  ${name.padEnd(20)}${cell(auc === null ? '-' : auc.toFixed(3))}${precisionAt.map(({ precision }) => cell(precision.toFixed(3))).join('')}`,
    ),
  ];
}
