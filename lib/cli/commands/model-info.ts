/** `lethe model-info`: what a model directory holds, without loading its weights. */
import { Command } from 'commander';
import { digestDirectory } from '../../data/digest.js';
import { InputError } from '../../errors.js';
import { locateParameters, readArchitecture } from '../../model/checkpoint.js';
import { countParameters } from '../../model/layout.js';
import { Tokenizer } from '../../model/tokenizer.js';

export function createModelInfoCommand(): Command {
  return new Command('model-info')
    .summary('describe a model directory without loading its weights')
    .description('Describes a model directory: architecture, size, tokenizer, digest.')
    .argument('<directory>', 'model directory in the Hugging Face layout')
    .option('--json', 'write one JSON object')
    .addHelpText('after', '\nExamples:\n  lethe model-info codeparrot-small\n  lethe model-info out --json')
    .action(async (directory: string, { json }: { json?: boolean }) => {
      const info = await describeModel(directory);
      if (json) process.stdout.write(`${JSON.stringify(info)}\n`);
      else
        for (const [key, value] of Object.entries(info)) process.stdout.write(`${key.padEnd(20)}${value}\n`);
    });
}

async function describeModel(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const architecture = await readArchitecture(directory);
  const { config, spec, layout } = architecture;
  const sources = await locateParameters(directory, architecture);
  const tokenizer = await Tokenizer.load(directory).catch((error: unknown) => {
    if (error instanceof InputError && error.code === 'ERR_FILE_NOT_FOUND') return undefined;
    throw error;
  });
  return {
    architecture: config.model_type,
    parameters: countParameters(layout),
    storedAs: [...new Set(sources.flatMap(({ pieces }) => pieces.map(({ dtype }) => dtype)))].join(', '),
    layers: spec.layers,
    hiddenSize: spec.hiddenSize,
    heads: spec.attention.heads,
    contextLength: spec.contextLength,
    vocabularySize: spec.vocabularySize,
    tokenizer: tokenizer === undefined ? 'none' : `${tokenizer.vocabularySize} tokens`,
    digest: await digestDirectory(directory),
  };
}
