/** What worker threads do for a scan: batches of texts into what is found in each. */
import { serveTasks } from '../parallel.js';
import type { CompiledRules } from './rules-file/compile-rules.js';
import type { RulesData } from './rules-file/rules-file.js';
import { scanText } from './scan.js';
import type { Secret, SecretTag } from './secret.js';

/** What goes along with each batch. */
export interface ScanSettings {
  readonly tags: readonly SecretTag[];
  readonly filter: boolean;
  readonly rules: RulesData | undefined;
}

export interface ScanTask {
  readonly text: string;
  readonly path: string;
}

/** A thread serves one scan, whose rules come anew with every batch. */
let compiled: CompiledRules | undefined;

export default serveTasks<readonly ScanTask[], Secret[][], ScanSettings>(async (tasks, { shared }) => {
  const { tags, filter, rules } = shared;
  if (rules !== undefined && compiled?.digest !== rules.digest)
    compiled = (await import('./rules-file/compile-rules.js')).compileRules(rules);
  const options = { tags, filter, rules: rules === undefined ? undefined : compiled };
  return tasks.map(({ text, path }) => scanText(text, { ...options, path }));
});
