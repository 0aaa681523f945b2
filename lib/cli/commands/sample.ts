/** `lethe sample`: fills directories with sampled outputs of a model. */

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { counted } from '../../counted.js';
import { claimOutput, type OutputClaim } from '../../data/outputs/claim.js';
import { writeRunManifest } from '../../data/outputs/run-manifest.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { modelOfSnapshot } from '../../model/hub/hub-cache.js';
import { runCampaign, runPromptCampaigns } from '../../sampling/campaign.js';
import { type CampaignModel, identifyModel } from '../../sampling/campaign-model.js';
import { readCampaignRecord } from '../../sampling/campaign-record.js';
import { LAYOUTS, type OutputLayout } from '../../sampling/output-directory.js';
import { promptHash, resultsDirectory } from '../../sampling/results-directory.js';
import { promptTokens } from '../../sampling/sample-into.js';
import { addIdleRules, WHEN_GREEDY } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addForceOption,
  addModelOptions,
  addSeedOption,
  integerOption,
  type ModelOptions,
  numberOption,
  topKOption,
  topPOption,
} from '../options.js';
import { leaveOutLong, type PromptOptions, readPrompts, startTokenOf } from '../sampling-prompts.js';
import { type Session, withSession } from '../session.js';
import { addTreeOptions } from '../tree-options.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Without --output, outputs go where the published scripts put them: results/<model>-temp<T>-len<L>-k<K>-npg, and without
-npg into a directory called by the SHA-1 of the prompt for those that continue one. --function-prompts samples --count
outputs of each prompt, into a directory of its own below --output: each Python file gives one, all of it up to and
including the signature and docstring of its first function.

--layout separate writes <directory>/separate/<i>, one file an output, as published; jsonl writes
<directory>/outputs-000000.jsonl, a thousand outputs a file: {id, text, tokenCount, stopReason}. --log-probs adds
logprobs-000000.jsonl: {id, tokens, logprobs}. campaign.json says how they were made.

Outputs are numbered on from what is there. A run that was stopped goes on when the same command is run again.

Examples:
  lethe sample --model codeparrot-small --count 20000
  lethe sample --model codeparrot-small --output outputs/hot --count 1000 --temperature decaying --layout jsonl
  lethe sample --model codeparrot-small --output outputs/licence --count 100 --prompt '# Licensed under the Apache'
  lethe sample --model codeparrot-small --count 1000 --prompts analysis/extract_prompt.json --prompt-hash SHA1
  lethe sample --model codeparrot-small --count 10 --function-prompts src --output outputs/functions`;

/** As published. */
const MAX_TOKENS = 512;

interface Options extends ModelOptions, PromptOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly count: number;
  readonly fill?: boolean;
  readonly maxTokens?: number;
  readonly temperature: number | 'decaying';
  readonly topK: number;
  readonly topP: number;
  readonly layout: OutputLayout;
  readonly logProbs?: boolean;
  readonly batchRows?: number;
  readonly seed: number;
}

export function createSampleCommand(): Command {
  const command = addForceOption(addSeedOption(addModelOptions(new Command('sample'))))
    .summary('fill a directory with sampled outputs (the campaign)')
    .description(
      'Samples outputs of a model: the text after the prompt, without special tokens. Without a prompt every output starts from the beginning-of-text token (npg), or from the --start-token.',
    )
    .option('--output <directory>', 'where the outputs go (default: below results, see below)')
    .addOption(integerOption('--count <n>', 'outputs to make of each prompt', { min: 1, default: 20_000 }))
    .option('--fill', 'make what is missing to --count outputs in all, instead of so many more')
    .addOption(
      integerOption(
        '--max-tokens <n>',
        `new tokens an output at most (default: ${MAX_TOKENS}, or as many as the model's context leaves)`,
        { min: 1 },
      ),
    )
    .option('--prompt <text>', 'text to continue')
    .addOption(new InputOption('--prompt-file <file>', 'file with the text to continue'))
    .option('--prompt-hash <sha1>', 'SHA-1 of the text to continue, which --prompts holds')
    .addOption(new InputOption('--prompts <file>', 'extract_prompt.json of "lethe analyze"'))
    .option('--start-token <token>', 'id or text of the token to start from without a prompt (default: BOS)')
    .option('--function-prompts <paths...>', 'Python files, or directories of them, to continue')
    .addOption(temperatureOption())
    .addOption(topKOption(40))
    .addOption(topPOption())
    .addOption(new Option('--layout <name>', 'files of the outputs').choices(LAYOUTS).default('separate'))
    .option('--log-probs', 'keep token ids and their log-probabilities beside the outputs')
    .addOption(
      integerOption('--batch-rows <n>', 'outputs decoded together (default: as 1 GiB of cache holds)', {
        min: 1,
      }),
    );
  addIdleRules(command, WHEN_GREEDY, {
    options: ['hidden', 'maxFileBytes', 'include', 'exclude'],
    beside: ({ functionPrompts }) =>
      functionPrompts === undefined ? 'without --function-prompts' : undefined,
  });
  return addTreeOptions(command)
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession((session) => run(options, session), {
        whenInterrupted: 'Finished outputs are kept; run the same command to go on.',
      }),
    );
}

async function run(options: Options, session: Session): Promise<void> {
  const { count, fill = false, temperature, topK, topP, layout, logProbs = false, batchRows, seed } = options;
  const found = await readPrompts(options, session);
  await using claim = options.output === undefined ? undefined : await claimResults(options.output, options);

  const directory = await locateModel(options, session);
  await using model = await openModel(directory, options);
  const tokenizer = await openTokenizer(directory, model);
  const { contextLength } = model;
  const lengthOf = (prompt: string | undefined) => promptTokens(tokenizer, prompt).length;
  // Of many prompts those that are too long are left out: half of the context is for the outputs.
  const room = contextLength - (found.many ? contextLength >> 1 : lengthOf(found.prompts[0]));
  const { maxTokens = Math.max(1, Math.min(MAX_TOKENS, room)) } = options;
  const fits = (prompt: string) => lengthOf(prompt) + maxTokens <= contextLength;
  const { prompts, many } = found.many ? leaveOutLong(found, fits, session) : found;
  const results = resultsDirectory({ ...options, maxTokens, prompted: prompts.length > 0 });
  const below = (root: string) => prompts.map((prompt) => join(root, promptHash(prompt)));
  const root = options.output ?? (many ? results : (below(results)[0] ?? results));
  // Only a model says what its default directory is called.
  await using _ = claim === undefined ? await claimResults(root, options) : undefined;
  const identity = await identify(directory, options, many ? below(root) : [root]);

  const startToken =
    options.startToken === undefined ? undefined : startTokenOf(options.startToken, tokenizer, model);
  const settings = { count, maxTokens, temperature, topK, topP, layout, logProbs };
  const recorder = createRunRecorder({
    command: 'sample',
    options: startToken === undefined ? settings : { ...settings, startToken },
    seed,
    versions: nativeVersions(),
  });
  const { versions } = recorder.finish({});
  const { signal } = session;
  const rows = batchRows === undefined ? {} : { batchRows };
  const shared = { ...settings, ...rows, fill, seed, directory: root, model: identity, versions, signal };
  const [prompt] = prompts;
  const { tokens, made, ...rest } = await recorder.step('sample', async () => {
    if (many) return session.run(runPromptCampaigns(model, tokenizer, { ...shared, prompts }));
    const start = startToken === undefined ? {} : { startToken };
    const campaign = prompt === undefined ? { ...shared, ...start } : { ...shared, prompt };
    return session.run(runCampaign(model, tokenizer, campaign));
  });
  const holding =
    'campaigns' in rest ? { prompts: rest.campaigns.length } : { first: rest.first, last: rest.last };
  const { name: path, stamp: _stamp, ...source } = identity;
  await writeRunManifest(root, {
    ...recorder.finish({ ...holding, made, tokens }),
    model: { path, ...source },
  });
  const held = 'campaigns' in rest ? `of ${holding.prompts} prompts` : `${holding.first} to ${holding.last}`;
  session.say(`${root} holds outputs ${held} now; ${made} were made, ${counted(tokens, 'token')}.`);
}

/** A directory that `lethe sample` or the published scripts fill, of one prompt or of many. */
const CAMPAIGN_FILES = /^(campaign\.json|separate|outputs-\d+\.jsonl(\.part)?|[0-9a-f]{40})$/;

async function claimResults(path: string, options: Options): Promise<OutputClaim> {
  const inputs = [
    { option: '--model', path: options.model },
    ...(options.promptFile === undefined ? [] : [{ option: '--prompt-file', path: options.promptFile }]),
    ...(options.prompts === undefined ? [] : [{ option: '--prompts', path: options.prompts }]),
    ...(options.functionPrompts ?? []).map((from) => ({ option: '--function-prompts', path: from })),
  ];
  return claimOutput(
    { option: '--output', path, kind: 'directory', ownFiles: CAMPAIGN_FILES },
    { command: 'sample', inputs, force: options.force },
  );
}

/** A model of gigabytes is digested once, and not each time that its campaign goes on. */
async function identify(
  directory: string,
  options: Options,
  places: readonly string[],
): Promise<CampaignModel> {
  const known: CampaignModel[] = [];
  for (const place of places) {
    const record = await readCampaignRecord(place);
    if (record?.model !== undefined) known.push(record.model);
  }
  const { dtype = 'float32' } = options;
  const called = { ...(modelOfSnapshot(directory) ?? { name: options.model }), dtype };
  return identifyModel(directory, called, known);
}

function temperatureOption(): Option {
  const option = numberOption(
    '--temperature <t>',
    'temperature, or "decaying": from 10 to 1 over 20 tokens',
    {
      min: 0,
      default: 1,
    },
  );
  const parseNumber = option.parseArg!;
  return option.argParser<number | 'decaying'>((text, previous) =>
    text === 'decaying' ? text : (parseNumber(text, previous as number) as number),
  );
}
