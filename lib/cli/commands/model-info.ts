/** `lethe model-info`: what a model directory holds, without loading its weights. */
import { Command } from 'commander';
import { digestDirectory } from '../../data/digest.js';
import { InputError } from '../../errors.js';
import { canonicalNames } from '../../model/canonical.js';
import { locateParameters, readArchitecture } from '../../model/checkpoint.js';
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
  const { config, family, spec } = await readArchitecture(directory);
  const parameters = await locateParameters(directory, family, canonicalNames(spec));
  const tokenizer = await Tokenizer.load(directory).catch((error: unknown) => {
    if (error instanceof InputError && error.code === 'ERR_FILE_NOT_FOUND') return undefined;
    throw error;
  });
  const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  return {
    architecture: config.model_type,
    parameters: parameters.reduce((sum, { shape }) => sum + count(shape), 0),
    storedAs: [...new Set(parameters.map(({ dtype }) => dtype))].join(', '),
    layers: spec.layers,
    hiddenSize: spec.hiddenSize,
    heads: spec.heads,
    contextLength: spec.contextLength,
    vocabularySize: spec.vocabularySize,
    tokenizer: tokenizer === undefined ? 'none' : `${tokenizer.vocabularySize} tokens`,
    digest: await digestDirectory(directory),
  };
}
