/** Compares prompts of real files with those of Python: check_function_prompts.ts prompts.jsonl (of make_function_prompts.py). */
import { readFile } from 'node:fs/promises';
import { functionPrompt } from '../../lib/sampling/function-prompt.js';
import { promptHash } from '../../lib/sampling/results-directory.js';

const lines = (await readFile(process.argv[2]!, 'utf8')).split('\n').filter((line) => line !== '');
let differing = 0;
for (const line of lines) {
  const { path, sha1 } = JSON.parse(line) as { path: string; sha1: string | null };
  const prompt = functionPrompt(new TextDecoder().decode(await readFile(path)));
  if ((prompt === undefined ? null : promptHash(prompt)) === sha1) continue;
  differing++;
  console.log(`${path}: ${prompt === undefined ? 'none' : JSON.stringify(prompt.slice(-80))}`);
}
console.log(`${lines.length - differing} of ${lines.length} files agree.`);
process.exitCode = differing === 0 ? 0 : 1;
