/** `lethe set`: draws documents to look at, and of those that were measured what to forget and what to retain. */
import { Command } from 'commander';
import { createSetDocumentsCommand } from './set-documents.js';
import { createSetForgetCommand } from './set-forget.js';
import { createSetRetainCommand } from './set-retain.js';

export function createSetCommand(): Command {
  return new Command('set')
    .description('draw documents, and choose those to forget and those to retain')
    .addCommand(createSetDocumentsCommand())
    .addCommand(createSetForgetCommand())
    .addCommand(createSetRetainCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  lethe set documents src --tokenizer MODEL --count 64 --output unseen.jsonl',
    );
}
