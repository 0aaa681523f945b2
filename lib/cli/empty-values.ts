/**
 * Values that are empty are refused, of all commands here: `--output "$WHERE"` with a variable that was never set. As a path
 * one would be the directory that the command was called in.
 */
import type { Command } from 'commander';
import { InputError } from '../errors.js';

/** Texts and tokens may well be empty; whoever reads them decides. */
const MAY_BE_EMPTY = /<(text|string|token)>/;

/** @throws InputError `ERR_INVALID_OPTION` */
export function refuseEmptyValues(command: Command): void {
  const given = [
    ...command.registeredArguments.map((argument, i) => ({
      name: `<${argument.name()}>`,
      value: command.processedArgs[i] as unknown,
    })),
    ...command.options
      .filter(({ flags }) => !MAY_BE_EMPTY.test(flags))
      .map((option) => ({ name: option.long!, value: command.getOptionValue(option.attributeName()) })),
  ];
  for (const { name, value } of given)
    if ([value].flat().includes(''))
      throw new InputError('ERR_INVALID_OPTION', `Expected a value for ${name} but received "".`);
}
