/** `lethe model`: what a checkpoint holds, without loading its weights. */
import { Command } from 'commander';
import { digestDirectory } from '../../data/digest.js';
import { InputError } from '../../errors.js';
import { type InterpretedConfig, locateParameters, readArchitecture } from '../../model/checkpoint.js';
import { type GenerationConfig, readGenerationConfig } from '../../model/generation-config.js';
import { countParameters } from '../../model/layout.js';
import { Tokenizer } from '../../model/tokenizer.js';
import type { ParameterSource } from '../../native/contract.js';
import { locateModel } from '../open-model.js';
import { addHubOptions, MODEL_HELP } from '../options.js';
import { withSession } from '../session.js';

const HELP = `
Reads config.json and the headers of the weights, so that a damaged or incomplete checkpoint is refused as loading would
refuse it. digest is that of run.json: SHA-256 of what sha256sum prints for the files of the directory.`;

const EXAMPLES = `
Examples:
  lethe model info codeparrot-small
  lethe model info codeparrot/codeparrot-small --json`;

interface InfoOptions {
  readonly json?: boolean;
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
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
    .summary('describe a model without loading its weights')
    .description('Looks at model directories.')
    .addCommand(addHubOptions(info))
    .addHelpText('after', EXAMPLES);
}

async function describeModel(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const architecture = await readArchitecture(directory);
  const sources = await locateParameters(directory, architecture);
  return {
    ...describeArchitecture(architecture),
    ...describeWeights(directory, sources),
    tokenizer: await describeTokenizer(directory),
    generation: describeGeneration(await readGenerationConfig(directory)),
    digest: await digestDirectory(directory),
  };
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
