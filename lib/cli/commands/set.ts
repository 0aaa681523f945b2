/** `lethe set`: draws documents to look at, chooses what to forget, retain and hold out, and proves that sets are disjoint. */
import { Command } from 'commander';
import { createSetCheckCommand } from './set-check.js';
import { createSetDocumentsCommand } from './set-documents.js';
import { createSetForgetCommand } from './set-forget.js';
import { createSetHoldoutCommand } from './set-holdout.js';
import { createSetRetainCommand } from './set-retain.js';

export function createSetCommand(): Command {
  return new Command('set')
    .description(
      'draw documents, choose those to forget, retain and hold out, and check that sets share none',
    )
    .addCommand(createSetDocumentsCommand())
    .addCommand(createSetForgetCommand())
    .addCommand(createSetRetainCommand())
    .addCommand(createSetHoldoutCommand())
    .addCommand(createSetCheckCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  lethe set documents src --tokenizer MODEL --count 64 --output unseen.jsonl',
    );
}
