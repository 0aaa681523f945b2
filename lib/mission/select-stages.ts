/** Which stages of a mission a command line asks for. */
import { InputError } from '../errors.js';
import type { Stage } from './stages.js';

export interface StageSelection {
  /** These and no others. */
  readonly only?: readonly string[] | undefined;
  /** This one and those after it. */
  readonly from?: string | undefined;
  /** All but these. */
  readonly skip?: readonly string[] | undefined;
}

/**
 * A name is that of a stage, or that of its part before and after together: `sample` for `sample-before` and
 * `sample-after`.
 *
 * @throws InputError `ERR_INVALID_OPTION` for a name that no stage has
 */
export function selectStages<T extends Pick<Stage, 'name'>>(
  stages: readonly T[],
  { only, from, skip = [] }: StageSelection,
): T[] {
  const named = (option: string, name: string): T[] => {
    const found = stages.filter((stage) => stage.name === name || phaseless(stage.name) === name);
    if (found.length > 0) return found;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected the name of a stage for ${option} but received "${name}".`,
      { remedy: `The stages are ${stages.map((stage) => stage.name).join(', ')}.` },
    );
  };
  const chosen = only?.flatMap((name) => named('--only', name));
  const left = new Set(skip.flatMap((name) => named('--skip', name)));
  const start = from === undefined ? 0 : stages.indexOf(named('--from', from)[0]!);
  return stages.filter(
    (stage, i) => i >= start && !left.has(stage) && (chosen === undefined || chosen.includes(stage)),
  );
}

function phaseless(name: string): string {
  return name.replace(/-(before|after)$/, '');
}
