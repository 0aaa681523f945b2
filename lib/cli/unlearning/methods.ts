/** What `--method` takes: the named methods, and which options each of them has. */
import {
  codeEraser,
  constrained,
  gradientAscent,
  type Objective,
  type SelectiveOptions,
  selectiveAscent,
} from '../../unlearning/objectives.js';
import type { IdleRule } from '../idle-options.js';

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

/** Whether a method has such an option. */
export function takesOption(method: keyof typeof METHODS, option: keyof SelectiveOptions): boolean {
  const { takes }: Method = METHODS[method];
  return takes.includes(option);
}

/** Options that a method does not have. */
export const OF_OTHER_METHODS: readonly IdleRule[] = OPTIONS.map((name) => ({
  options: [name],
  beside: ({ method }: { readonly method: keyof typeof METHODS }) =>
    takesOption(method, name) ? undefined : `with --method ${method}`,
}));

export function objectiveOf(method: keyof typeof METHODS, options: SelectiveOptions): Objective {
  const { create, takes }: Method = METHODS[method];
  const given = takes.filter((name) => options[name] !== undefined);
  return create(Object.fromEntries(given.map((name) => [name, options[name]])));
}
