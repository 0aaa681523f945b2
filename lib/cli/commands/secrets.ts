/** `lethe secrets`: find e-mail addresses, IP addresses and keys in documents, and measure how well a model knows them. */
import { Command } from 'commander';
import { createSecretsMergeCommand } from './secrets-merge.js';
import { createProbeCommand } from './secrets-probe.js';
import { createScanCommand } from './secrets-scan.js';

export function createSecretsCommand(): Command {
  return new Command('secrets')
    .description('find e-mail addresses, IP addresses and keys in documents')
    .addCommand(createScanCommand())
    .addCommand(createSecretsMergeCommand())
    .addCommand(createProbeCommand())
    .addHelpText('after', '\nExamples:\n  lethe secrets scan --input documents.jsonl --output secrets.jsonl');
}
