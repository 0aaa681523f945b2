/** Which modules of a model the names and patterns of an adapter_config.json mean, by PEFT's rules. */
import { createContext, runInContext } from 'node:vm';
import { InputError } from '../../errors.js';
import { printable } from '../printable.js';
import type { AdapterConfig } from './adapter-config.js';

/** Patterns come from strangers, and some would search for years. */
const TIMEOUT_MS = 1000;

/**
 * Those of `modules` that LoRA is put on. `all-linear` means all that are not the head.
 *
 * Source: `check_target_module_exists` of PEFT 0.21.
 */
export function targetsOf(
  config: AdapterConfig,
  modules: readonly string[],
  path: string,
): ReadonlySet<string> {
  const {
    target_modules: targets,
    exclude_modules: excluded,
    modules_to_save: saved,
    layers_to_transform: layers,
    layers_pattern: pattern,
  } = config;
  const all = typeof targets === 'string' && targets.toLowerCase() === 'all-linear';
  let found = all
    ? modules.filter((module) => !/(^|\.)(lm_head|wte|wpe|embed_tokens|\w+_embeddings)$/.test(module))
    : named(targets ?? [], modules, path);
  const out = new Set(excluded == null ? [] : named(excluded, modules, path));
  const whole = saved.map((name) => `(?:^|.*\\.)${name}(?:$|\\..*)`);
  for (const pattern of whole) for (const module of matching(pattern, modules, path)) out.add(module);
  found = found.filter((module) => !out.has(module));
  if (typeof targets === 'string' || layers == null || [layers].flat().length === 0) return new Set(found);
  const wanted = new Set([layers].flat());
  const patterns = [pattern ?? []].flat();
  const places = patterns.length === 0 ? ['[^.]*'] : patterns;
  const numbers = places.map((place) => search(`(?:^|.*?\\.)${place}\\.(?<index>\\d+)\\..*`, found, path));
  return new Set(
    found.filter((module) => {
      const index = numbers.map((known) => known.get(module)).find((known) => known !== undefined);
      return index !== undefined && wanted.has(Number(index));
    }),
  );
}

/** The first of `patterns` that `module` ends with, as a whole part of its name; undefined if none does. */
export function patternOf(patterns: readonly string[], module: string, path: string): string | undefined {
  return patterns.find((pattern) => matching(`(?:.*\\.)?(?:${pattern})`, [module], path).length > 0);
}

/** A string is a pattern for the whole name, a list holds ends of names. */
function named(wanted: string | readonly string[], modules: readonly string[], path: string): string[] {
  if (typeof wanted === 'string') return matching(wanted, modules, path);
  return modules.filter((module) => wanted.some((name) => module === name || module.endsWith(`.${name}`)));
}

function matching(pattern: string, texts: readonly string[], path: string): string[] {
  return [...search(pattern, texts, path).keys()];
}

/** Those of `texts` that the pattern, one of Python's, matches whole, and what its group `index` holds of each. */
function search(
  pattern: string,
  texts: readonly string[],
  path: string,
): ReadonlyMap<string, string | undefined> {
  const source = `^(?:${pattern.replaceAll('(?P<', '(?<').replaceAll('\\Z', '$')})$`;
  try {
    const context = createContext({ source, texts: JSON.stringify(texts) });
    const hits = JSON.parse(runInContext(SEARCH, context, { timeout: TIMEOUT_MS })) as (string | null)[][];
    return new Map(
      texts.flatMap((text, i) => (hits[i]!.length === 0 ? [] : [[text, hits[i]![0] ?? undefined]])),
    );
  } catch (cause) {
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected a pattern that Lethe can match in ${path} but found ${printable(pattern)}.`,
      { cause, remedy: 'Merge the adapter with PEFT (merge_and_unload), and save the model that results.' },
    );
  }
}

/** Strings alone go in and come out. */
const SEARCH = `
  const pattern = new RegExp(source);
  const found = JSON.parse(texts).map((text) => pattern.exec(text));
  JSON.stringify(found.map((match) => (match === null ? [] : [match.groups?.index ?? null])));
`;
