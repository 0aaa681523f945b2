/** `lethe model`: what a checkpoint holds, without loading its weights; and a padding token for one that has none. */
import { Command } from 'commander';
import { digestModel } from '../../data/model-digest.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { InputError } from '../../errors.js';
import { placeOf } from '../../model/adapters/model-place.js';
import { type GenerationConfig, readGenerationConfig } from '../../model/decoding/generation-config.js';
import { addPadToken } from '../../model/pad-token.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { type InterpretedConfig, readArchitecture, readConfig } from '../../model/weights/checkpoint.js';
import { countParameters } from '../../model/weights/layout.js';
import { locateCheckpoint } from '../../model/weights/locate.js';
import type { ParameterSource } from '../../native/contract.js';
import { sayNotCarried } from '../not-carried.js';
import { locateModel } from '../open-model.js';
import { addForceOption, addHubOptions, MODEL_HELP } from '../options.js';
import { claimCheckpoint, finishDirectory } from '../outputs/directory-output.js';
import { runKeyOf } from '../outputs/run-key.js';
import { withSession } from '../session.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Reads config.json and the headers of the weights, so that a damaged or incomplete checkpoint is refused as loading would
refuse it. A model of a kind that Lethe does not run, one without weights and one whose tokenizer cannot be used are
described as far as they go, with the reason under problems. digest is that of run.json: SHA-256 of what sha256sum prints for the files of the directory.`;

const EXAMPLES = `
Examples:
  lethe model info codeparrot-small
  lethe model info codeparrot/codeparrot-small --json`;

const PAD_HELP = `
Writes the model again with one token more, after the last one of its tokenizer, as the published code has it. The new
rows of the embedding (and head) are the mean of the others; everything else stays as it is. A vocabulary that is
larger than its tokenizer has room already and keeps its size. Lethe needs no padding token; other programs may.

Examples:
  lethe model add-pad-token codeparrot-small --output codeparrot-small-padded
  lethe model add-pad-token codeparrot-small --output padded --token '<pad>'`;

interface HubOptions {
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
}

interface InfoOptions extends HubOptions {
  readonly json?: boolean;
}

interface PadOptions extends HubOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly token: string;
}

export function createModelCommand(): Command {
  const info = new Command('info')
    .summary('describe a model without loading its weights')
    .description('Describes a model: family, size, files, tokenizer, defaults of generation, digest.')
    .argument('<model>', MODEL_HELP)
    .option('--json', 'write one JSON object')
    .addHelpText('after', `${HELP}\n${EXAMPLES}`)
    .action((model: string, options: InfoOptions) =>
      withSession(async (session) => {
        const info = await describeModel(await locateModel({ ...options, model }, session));
        if (options.json) process.stdout.write(`${JSON.stringify(info)}\n`);
        else
          for (const [key, value] of Object.entries(info))
            process.stdout.write(`${key.padEnd(20)}${show(value)}\n`);
      }),
    );
  return new Command('model')
    .summary('describe a model without loading its weights; add a padding token')
    .description('Looks at model directories, and adds what they lack.')
    .addCommand(addHubOptions(info))
    .addCommand(createAddPadTokenCommand())
    .addHelpText('after', EXAMPLES);
}

function createAddPadTokenCommand(): Command {
  const command = new Command('add-pad-token')
    .summary('write a model again with a padding token')
    .description('Gives a model and its tokenizer a padding token.')
    .argument('<model>', MODEL_HELP)
    .requiredOption('--output <directory>', 'where the new model goes')
    .option('--token <text>', 'text of the token', '[PAD]')
    .addHelpText('after', PAD_HELP);
  return addForceOption(addHubOptions(command)).action((model: string, options: PadOptions) =>
    withSession(async (session) => {
      const { output, token } = options;
      await using claim = await claimCheckpoint('model add-pad-token', options, [
        { option: 'the model', path: model },
      ]);
      const directory = await locateModel({ ...options, model }, session);
      const recorder = createRunRecorder({
        command: 'model add-pad-token',
        options: { token },
        versions: nativeVersions(),
      });
      await recorder.setModel(directory);
      const runKey = runKeyOf(recorder.finish({}));
      if (await claim.isFinished(runKey)) {
        session.say(`${output} holds this very model, finished. Remove it to make it again.`);
        return;
      }
      await claim.begin(runKey);
      const { padId, vocabularySizes, leftOut } = await recorder.step('add', () =>
        addPadToken(directory, output, { token }),
      );
      await finishDirectory(claim, recorder.finish({ runKey, padId, vocabularySizes }), session);
      sayNotCarried(leftOut, output, session);
      const [before, after] = vocabularySizes;
      const size = before === after ? `${before}, as before` : `${after}, before ${before}`;
      session.say(`Token ${padId} pads; the vocabulary's size is ${size}. The model is in ${output}.`);
    }),
  );
}

/** What can be said of the parts that are there; what keeps the others from being used is said under `problems`. */
async function describeModel(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const { base, adapter } = await placeOf(directory);
  const problems: string[] = [];
  const config = await readConfig(base);
  const stored = await attempt(() => readArchitecture(directory), UNREAD, problems);
  const located =
    stored === undefined
      ? undefined
      : await attempt(() => locateCheckpoint(directory, stored), UNREAD, problems);
  const architecture = located?.architecture ?? stored;
  const tokenizer = await attempt(() => describeTokenizer(directory), TOKENIZER, problems);
  return {
    ...(architecture === undefined
      ? { family: config.model_type ?? null }
      : describeArchitecture(architecture)),
    ...(adapter === undefined ? {} : { adapter, base }),
    ...(located === undefined ? {} : describeWeights(base, located.sources)),
    tokenizer: tokenizer ?? null,
    generation: describeGeneration(await readGenerationConfig(base)),
    digest: (await digestModel(directory)).digest,
    ...(located === undefined || located.warnings.length === 0 ? {} : { warnings: located.warnings }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** A model of another kind, or without weights; one whose files are damaged is refused. */
const UNREAD: readonly string[] = ['ERR_MODEL_UNSUPPORTED', 'ERR_MODEL_NOT_FOUND'];
const TOKENIZER: readonly string[] = ['ERR_MODEL_UNSUPPORTED', 'ERR_MODEL_FORMAT'];

async function attempt<T>(
  work: () => Promise<T>,
  codes: readonly string[],
  problems: string[],
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError) || !codes.includes(error.code)) throw error;
    problems.push([error.message, error.remedy].filter(Boolean).join(' '));
    return undefined;
  }
}

function describeArchitecture({ config, family, spec, layout }: InterpretedConfig) {
  const { attention, mlp, rotary, embedding, norm } = spec;
  const windows = [...new Set(attention.windows)].filter((window) => window > 0);
  return {
    family: config.model_type,
    architecture: family.architecture,
    parameters: countParameters(layout),
    layers: spec.layers,
    hiddenSize: spec.hiddenSize,
    heads: attention.heads,
    keyValueHeads: attention.keyValueHeads,
    headSize: attention.headSize,
    causal: attention.causal,
    slidingWindow: windows.length === 0 ? null : Math.max(...windows),
    mlpSize: mlp.size,
    activation: mlp.activation,
    norm: norm.rms ? 'rms' : 'layer',
    positions: rotary.frequencies.length > 0 ? 'rotary' : embedding.learnedPositions > 0 ? 'learned' : 'none',
    head: spec.head,
    contextLength: spec.contextLength,
    vocabularySize: spec.vocabularySize,
  };
}

function describeWeights(directory: string, sources: readonly ParameterSource[]) {
  const pieces = sources.flatMap((source) => source.pieces);
  const files = [...new Set(pieces.map(({ path }) => path.slice(directory.length).replace(/^[\\/]+/, '')))];
  return { dtypes: [...new Set(pieces.map(({ dtype }) => dtype))].sort(), files: files.sort() };
}

async function describeTokenizer(directory: string) {
  try {
    const { vocabularySize, bosId, eosId, padId } = await Tokenizer.load(directory);
    return { tokens: vocabularySize, bosId: bosId ?? null, eosId: eosId ?? null, padId: padId ?? null };
  } catch (error) {
    if (error instanceof InputError && error.code === 'ERR_FILE_NOT_FOUND') return null;
    throw error;
  }
}

/** What the file says, and nothing of what it does not. */
function describeGeneration({ eosIds, ...rest }: GenerationConfig) {
  const said = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...(eosIds.length === 0 ? {} : { eosIds }), ...Object.fromEntries(said) };
}

/** For people: lists with commas, objects as `key value`. */
function show(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value as object);
  return entries.length === 0 ? 'none' : entries.map(([key, entry]) => `${key} ${show(entry)}`).join(', ');
}
