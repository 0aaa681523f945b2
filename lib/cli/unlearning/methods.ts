/** What `--method` takes: the named methods, and which options each of them has. */
import { InputError } from '../../errors.js';
import {
  codeEraser,
  constrained,
  gradientAscent,
  type Objective,
  type SelectiveOptions,
  selectiveAscent,
} from '../../unlearning/objectives.js';

interface Method {
  readonly create: (options: SelectiveOptions) => Objective;
  readonly takes: readonly (keyof SelectiveOptions)[];
}

const ALL = ['reduction', 'microBatch'] as const;

export const METHODS = {
  codeeraser: { create: codeEraser, takes: [...ALL, 'gamma', 'lambda', 'alpha', 'schedule'] },
  ssga: { create: selectiveAscent, takes: [...ALL, 'gamma'] },
  cu: { create: constrained, takes: [...ALL, 'lambda', 'alpha', 'schedule'] },
  ga: { create: gradientAscent, takes: ALL },
} as const satisfies Readonly<Record<string, Method>>;

const OPTIONS = [...ALL, 'gamma', 'lambda', 'alpha', 'schedule'] as const;

/** @throws InputError `ERR_INVALID_OPTION` for an option that the method does not have: it would have no effect */
export function objectiveOf(method: keyof typeof METHODS, options: SelectiveOptions): Objective {
  const { create, takes }: Method = METHODS[method];
  const given = OPTIONS.filter((name) => options[name] !== undefined);
  const idle = given.find((name) => !takes.includes(name));
  if (idle !== undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected no --${idle} with --method ${method}, which has no use for it, but received ${options[idle]}.`,
    );
  return create(Object.fromEntries(given.map((name) => [name, options[name]])));
}
