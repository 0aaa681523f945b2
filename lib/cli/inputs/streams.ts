/**
 * Options and arguments that name one input to read: `-` is stdin there, and a pipe will do. One mechanism for all
 * commands, which see files only.
 */
import { stat } from 'node:fs/promises';
import { Argument, type Command, Option } from 'commander';
import { spoolInput } from '../../data/spooled-input.js';
import { InputError } from '../../errors.js';
import { isStream } from '../../files.js';
import { withInterrupt } from '../interrupt.js';

const STDIN = '/dev/stdin';
const STDIN_NAMES: readonly string[] = ['-', STDIN, '/dev/fd/0', '/proc/self/fd/0'];

/** Whether a command with these options reads the input once, from beginning to end, and needs no copy of a stream. */
type ReadsOnce = (options: Readonly<Record<string, unknown>>) => Promise<boolean>;

const never: ReadsOnce = async () => false;

/** `new InputOption('--forget <file>', 'documents to forget')`; the help says that `-` is stdin. */
export class InputOption extends Option {
  constructor(
    flags: string,
    description: string,
    readonly readsOnce: ReadsOnce = never,
  ) {
    super(flags, `${description}, or - for stdin`);
  }
}

/** {@link InputOption} for an argument. */
export class InputArgument extends Argument {
  constructor(name: string, description: string) {
    super(name, `${description}, or - for stdin`);
  }
}

/** Of commands whose records go from a stream to a stream as they come: `... | lethe score --input - | head`. */
export const writesStream: ReadsOnce = async ({ output }) =>
  output === '-' || (typeof output === 'string' && (await isStream(output)));

interface Place {
  /** As the user types it. */
  readonly name: string;
  readonly path: string;
  readonly readsOnce: ReadsOnce;
  replace(path: string): void;
}

/**
 * Puts files in place of the streams among a command's inputs, before it runs.
 *
 * @throws InputError `ERR_INVALID_OPTION` where stdin is asked for twice; `ERR_FILE_READ` for devices, which never end;
 *   AbortedError
 */
export async function takeStreams(command: Command): Promise<void> {
  const places = placesOf(command);
  const [first, second] = places.filter(({ path }) => STDIN_NAMES.includes(path));
  if (second !== undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected stdin for one of ${first!.name} and ${second.name} but received it for both.`,
      { remedy: 'Save one of them to a file.' },
    );
  for (const { name, path, readsOnce, replace } of places) {
    const stdin = STDIN_NAMES.includes(path);
    if (!stdin && !(await isStream(path))) continue;
    if (!stdin) await refuseDevice(name, path);
    if (await readsOnce(command.opts())) replace(stdin ? STDIN : path);
    else replace(await withInterrupt((signal) => spoolInput(stdin ? '-' : path, signal)));
  }
}

function placesOf(command: Command): Place[] {
  const options = command.options.flatMap((option): Place[] => {
    const key = option.attributeName();
    const path: unknown = command.getOptionValue(key);
    if (!(option instanceof InputOption) || typeof path !== 'string') return [];
    const replace = (file: string) =>
      command.setOptionValueWithSource(key, file, command.getOptionValueSource(key)!);
    return [{ name: option.long!, path, readsOnce: option.readsOnce, replace }];
  });
  const given = command.processedArgs as unknown[];
  const args = command.registeredArguments.flatMap((argument, i): Place[] => {
    const path = given[i];
    if (!(argument instanceof InputArgument) || typeof path !== 'string') return [];
    const replace = (file: string) => {
      given[i] = file;
    };
    return [{ name: `<${argument.name()}>`, path, readsOnce: never, replace }];
  });
  return [...args, ...options];
}

async function refuseDevice(name: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isCharacterDevice() || found?.isBlockDevice())
    throw new InputError('ERR_FILE_READ', `Expected a file or a pipe for ${name} but ${path} is a device.`);
}
