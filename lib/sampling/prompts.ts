/** Where prompts come from: the file that an analysis writes, by hash, and the first functions of Python files. */
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { check, describeIssue } from '../check.js';
import type { OnLeftOut } from '../data/left-out.js';
import { readTreeText, walkTree } from '../data/trees/source-tree.js';
import { type FullTreeOptions, type TreeOptions, treeOptionsSchema } from '../data/trees/tree-options.js';
import type { FoundFile } from '../data/trees/walk.js';
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

export interface ReadFunctionPromptsOptions extends TreeOptions {
  /** Told of Python files that give no prompt, and of all directories that are left out. */
  readonly onLeftOut?: OnLeftOut | undefined;
}

/**
 * The prompts of Python files, see {@link functionPrompt}, each once, in the order of the files. Of directories, all
 * files below them that end in `.py`, in the order of their names, as {@link TreeOptions} say.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` if not one holds a function
 */
export async function readFunctionPrompts(
  paths: readonly string[],
  { onLeftOut, ...options }: ReadFunctionPromptsOptions = {},
): Promise<readonly string[]> {
  const tree = check(treeOptionsSchema, options, 'options of readFunctionPrompts');
  const prompts = new Set<string>();
  let files = 0;
  for (const path of paths) {
    for await (const file of pythonFiles(path, tree, onLeftOut)) {
      files++;
      const text = await readTreeText(file, onLeftOut);
      if (text === undefined) continue;
      const prompt = functionPrompt(withoutMark(text));
      if (prompt === undefined) onLeftOut?.('no-function', file.path);
      else prompts.add(prompt);
    }
  }
  if (prompts.size > 0) return [...prompts];
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected Python files with functions in ${paths.join(', ')} but found ${files === 0 ? 'no such files' : `none in ${files} files`}.`,
  );
}

async function* pythonFiles(
  path: string,
  tree: FullTreeOptions,
  onLeftOut: OnLeftOut | undefined,
): AsyncGenerator<Pick<FoundFile, 'name' | 'path' | 'location'>, void, void> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  if (!found.isDirectory()) {
    yield { name: path, path, location: path };
    return;
  }
  // What is no Python is not looked for.
  const tell: OnLeftOut = (reason, name) => {
    if (/(?:\.py|\/)$/.test(name)) onLeftOut?.(reason, name);
  };
  for await (const file of walkTree(path, tree, tell)) if (file.name.endsWith('.py')) yield file;
}

/** A byte-order mark is left out, as Python does. */
function withoutMark(source: string): string {
  return source.startsWith('\ufeff') ? source.slice(1) : source;
}
