/**
 * Options that would have no effect beside the others are refused, of all commands here: who gives one means something by
 * it, and would think that it was done.
 */
import type { Command } from 'commander';
import { InputError } from '../errors.js';

/** What the options of a command are called here is known where its rules are. */
// biome-ignore lint/suspicious/noExplicitAny: each command has options of its own
type Options = any;

export interface IdleRule {
  /** As the action gets them, in camelCase. */
  readonly options: readonly string[];
  /** What takes their effect away, to stand in a sentence: `with --temperature 0`; undefined where they have one. */
  readonly beside: (options: Options) => string | undefined;
}

const rules = new WeakMap<Command, IdleRule[]>();

/** Has these rules checked before the command runs. */
export function addIdleRules(command: Command, ...added: readonly IdleRule[]): Command {
  rules.set(command, [...(rules.get(command) ?? []), ...added]);
  return command;
}

/** @throws InputError `ERR_INVALID_OPTION` for an option that was given and has no effect */
export function refuseIdleOptions(command: Command): void {
  const options = command.opts();
  for (const { options: names, beside } of rules.get(command) ?? []) {
    const reason = beside(options);
    if (reason === undefined) continue;
    const idle = names.find((name) => command.getOptionValueSource(name) === 'cli');
    if (idle === undefined) continue;
    const flag = command.options.find(
      (option) => option.attributeName() === idle && option.negate === (options[idle] === false),
    )!.long!;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected ${flag} to have an effect but ${reason} it has none.`,
      { remedy: `Leave ${flag} out.` },
    );
  }
}

/** Whoever takes the likeliest token draws none. */
export const WHEN_GREEDY: IdleRule = {
  options: ['topK', 'topP', 'minP', 'seed'],
  beside: ({ temperature }) => (temperature === 0 ? 'with --temperature 0' : undefined),
};

/** Nothing stands in a stream that could be replaced. */
export const FORCE_ON_STDOUT: IdleRule = {
  options: ['force'],
  beside: ({ output }) =>
    output === '-' || output === '/dev/stdout' ? `with --output ${output}` : undefined,
};
