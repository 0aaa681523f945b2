/** What the outputs of `lethe sample` continue, as its options say. */

import { counted } from '../counted.js';
import { LeftOut } from '../data/left-out.js';
import { InputError } from '../errors.js';
import { readTextFile } from '../files.js';
import type { Model } from '../model/model.js';
import type { Tokenizer } from '../model/tokenizer/tokenizer.js';
import { readFunctionPrompts, readHashedPrompt } from '../sampling/prompts.js';
import { sayLeftOut } from './say-left-out.js';
import type { Session } from './session.js';
import { type TreeFlags, treeOptions } from './tree-options.js';

export interface PromptOptions extends TreeFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly promptHash?: string;
  readonly prompts?: string;
  readonly functionPrompts?: readonly string[];
  readonly startToken?: string;
}

export interface Prompts {
  /** None: the beginning-of-text token (npg). */
  readonly prompts: readonly string[];
  /** Whether there may be several, each with a directory of its own. */
  readonly many: boolean;
}

/** @throws InputError for options that exclude each other, and for files that cannot be read */
export async function readPrompts(options: PromptOptions, session: Session): Promise<Prompts> {
  requireOne(options);
  const { prompt, promptFile, promptHash, prompts, functionPrompts } = options;
  if (functionPrompts !== undefined) {
    const leftOut = new LeftOut();
    const tree = await treeOptions(options, functionPrompts);
    const found = await readFunctionPrompts(functionPrompts, { ...tree, onLeftOut: leftOut.add }).finally(
      () => sayLeftOut(leftOut, session),
    );
    return { prompts: found, many: true };
  }
  if (promptHash !== undefined && prompts !== undefined)
    return { prompts: [await readHashedPrompt(prompts, promptHash)], many: false };
  if (promptFile !== undefined) return { prompts: [await readTextFile(promptFile)], many: false };
  return { prompts: prompt === undefined ? [] : [prompt], many: false };
}

/** Files are as long as they are: those that leave no room for an output are said, and left out. */
export function leaveOutLong(
  { prompts, many }: Prompts,
  fits: (prompt: string) => boolean,
  session: Session,
): Prompts {
  const fitting = prompts.filter(fits);
  if (fitting.length === 0)
    throw new InputError(
      'ERR_CONTEXT_LENGTH',
      `Expected prompts that leave room for the new tokens in the model's context but all ${prompts.length} are too long.`,
      { remedy: 'Ask for fewer tokens with --max-tokens.' },
    );
  const left = prompts.length - fitting.length;
  if (left > 0)
    session.say(`${left} of ${prompts.length} prompts are too long for the model's context and left out.`);
  return { prompts: fitting, many };
}

function requireOne(options: PromptOptions): void {
  const flags = {
    prompt: '--prompt',
    promptFile: '--prompt-file',
    promptHash: '--prompt-hash',
    functionPrompts: '--function-prompts',
    startToken: '--start-token',
  } as const;
  const given = (Object.keys(flags) as (keyof typeof flags)[]).filter((key) => options[key] !== undefined);
  if (given.length > 1)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected one of ${Object.values(flags).join(', ')} but received ${given.map((key) => flags[key]).join(' and ')}.`,
    );
  const { promptHash, prompts } = options;
  if ((promptHash === undefined) !== (prompts === undefined))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected --prompt-hash and --prompts together but received only ${promptHash === undefined ? '--prompts' : '--prompt-hash'}.`,
    );
}

/**
 * The id that `--start-token` names: digits are an id, anything else the text of one token.
 *
 * @throws InputError `ERR_INVALID_OPTION`
 */
export function startTokenOf(
  named: string,
  tokenizer: Pick<Tokenizer, 'encode'>,
  { vocabularySize }: Pick<Model, 'vocabularySize'>,
): number {
  const failed = (found: string) =>
    new InputError(
      'ERR_INVALID_OPTION',
      `Expected a token for --start-token, by its id or its text, but ${JSON.stringify(named)} is ${found}.`,
    );
  if (/^\d+$/.test(named)) {
    if (Number(named) >= vocabularySize) throw failed(`not below ${vocabularySize}, the model's vocabulary`);
    return Number(named);
  }
  const { tokens } = tokenizer.encode(named);
  if (tokens.length !== 1) throw failed(counted(tokens.length, 'token'));
  return tokens[0]!;
}
