/** Where prompts come from: the file that an analysis writes, by hash, and the first functions of Python files. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { describeIssue } from '../check.js';
import { walkFiles } from '../data/walk.js';
import { fileError, InputError } from '../errors.js';
import { readJsonFile } from '../files.js';
import { functionPrompt } from './function-prompt.js';
import { promptHash } from './results-directory.js';

const entrySchema = z.looseObject({ prompt: z.string().min(1) });

/**
 * The prompt with this SHA-1 in an `extract_prompt.json`: `{"<sha1>": {"prompt", "occurrence", "fingerprints"}}`, as
 * `lethe analyze` writes it (two-step sampling).
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`; `ERR_INVALID_OPTION` if it holds no such
 *   prompt
 */
export async function readHashedPrompt(path: string, hash: string): Promise<string> {
  if (!/^[0-9a-f]{40}$/.test(hash))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected the SHA-1 of a prompt, 40 hexadecimal digits, but received "${hash}".`,
    );
  const prompts = await readJsonFile(path);
  if (typeof prompts !== 'object' || prompts === null || Array.isArray(prompts))
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected prompts by their SHA-1 in ${path} but found no object.`,
    );
  const entry = Object.entries(prompts).find(([key]) => key === hash)?.[1] as unknown;
  if (entry === undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected the prompt ${hash} in ${path} but found ${Object.keys(prompts).length} others.`,
    );
  const result = entrySchema.safeParse(entry);
  if (!result.success)
    throw new InputError(
      'ERR_FILE_FORMAT',
      describeIssue(result.error.issues[0]!, entry, `${hash} of ${path}`),
    );
  const { prompt } = result.data;
  if (promptHash(prompt) === hash) return prompt;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected a prompt with the SHA-1 ${hash} in ${path} but found one with ${promptHash(prompt)}.`,
  );
}

export interface FunctionPrompts {
  /** Each once, in the order of the files. */
  readonly prompts: readonly string[];
  /** Files that give none: they hold no function, or are not UTF-8. */
  readonly without: readonly string[];
}

/**
 * The prompts of Python files, see {@link functionPrompt}. Of directories, all files below them that end in `.py`, in
 * the order of their names.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` if not one holds a function
 */
export async function readFunctionPrompts(paths: readonly string[]): Promise<FunctionPrompts> {
  const prompts = new Set<string>();
  const without: string[] = [];
  for (const path of paths) {
    for await (const file of pythonFiles(path)) {
      const prompt = await promptOfFile(file);
      if (prompt === undefined) without.push(file);
      else prompts.add(prompt);
    }
  }
  if (prompts.size > 0) return { prompts: [...prompts], without };
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected Python files with functions in ${paths.join(', ')} but found ${without.length === 0 ? 'no such files' : `none in ${without.length} files`}.`,
  );
}

async function* pythonFiles(path: string): AsyncGenerator<string, void, void> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  if (!found.isDirectory()) {
    yield path;
    return;
  }
  for await (const file of walkFiles(path, { hidden: false })) if (file.name.endsWith('.py')) yield file.path;
}

async function promptOfFile(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  let source: string;
  try {
    // A byte-order mark is left out, as Python does.
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  return functionPrompt(source);
}
