/** The command line: finds the command, runs it, and turns what went wrong into one sentence and an exit code. */
import { Command, CommanderError } from 'commander';
import type { OptionError } from '../check.js';
import { AbortedError, fileError, InputError, LetheError } from '../errors.js';
import { packageVersion } from '../package.js';
import { COMMANDS } from './commands.js';
import { refuseEmptyValues } from './empty-values.js';
import { EXIT_CODES } from './exit-code.js';
import { refuseIdleOptions } from './idle-options.js';
import { interruptExitCode } from './interrupt.js';

const HELP_EXAMPLES = `
Examples:
  $ lethe demo                       the whole mission in small, in about two minutes
  $ lethe doctor                     what is installed and what is missing
  $ lethe measure --model DIR --input documents.jsonl --el 3,5,10
  $ lethe unlearn --help

Data goes to stdout, talk to stderr. A command that was stopped goes on where it was when it is run again.

Exit codes: 0 done; 1 failed; 3 ran to its end but missed its goal (not forgotten, say); 130 or 143 stopped by a signal.`;

/** Runs the command line of a process (without node and script) and returns its exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`lethe score ... | head`) is not an error; a full disk is.
      process.exit(error.code === 'EPIPE' ? 0 : report(fileError('write', name, error)));
    });
  return runCommandLine(argv);
}

/** Runs one command line, also from within another one, and returns its exit code; says itself what went wrong. */
async function runCommandLine(argv: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  const args = withHelpLast(argv);
  try {
    const program = await createProgram(args);
    program.hook('preAction', async (_program, command) => {
      const { takeStreams } = await import('./inputs/streams.js');
      refuseEmptyValues(command);
      refuseIdleOptions(command);
      await takeStreams(command);
    });
    await program.parseAsync(args, { from: 'user' });
    // A command that ran to its end may still have bad news, see withExitCode.
    return Number(process.exitCode ?? EXIT_CODES.done);
  } catch (error) {
    // Commander ends with an error here as well, once it has printed help or the version.
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return error.exitCode;
    // Of use only here: a command that goes well should not wait for the scanner's rules.
    ({ toMessage } = await import('./message.js'));
    return report((await findMisspelling(error, args)) ?? (await asTyped(error, args)));
  }
}

/** `help clones merge` as `clones merge --help`: commander's own `help` looks no deeper than one command. */
function withHelpLast(argv: readonly string[]): readonly string[] {
  const [first, ...names] = argv;
  if (first !== 'help' || names.length === 0) return argv;
  return names[0]! in COMMANDS ? [...names, '--help'] : names;
}

/** The library calls an option by its name in TypeScript, the user by its flag. */
async function asTyped(error: unknown, argv: readonly string[]): Promise<unknown> {
  if (!(error instanceof LetheError) || !('sentenceFor' in error)) return error;
  const { path, sentenceFor } = error as OptionError;
  const name = path.findLast((part) => !/^\d+$/.test(part));
  if (name === undefined) return error;
  const command = commandOf(await createProgram(argv), argv);
  const flag = command.options.find((option) => option.attributeName() === name)?.long;
  return new InputError(error.code, sentenceFor.call(error as OptionError, flag ?? name), {
    remedy: error.remedy,
    cause: error,
  });
}

/** The command of a command line: `clones merge` of `lethe clones merge a.log --log b.log`. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const argument of argv) {
    const next = command.commands.find((candidate) => candidate.name() === argument);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** A misspelled required option counts as missing for commander: the option that was given says more. */
async function findMisspelling(error: unknown, argv: readonly string[]): Promise<CommanderError | undefined> {
  if (!(error instanceof CommanderError) || error.code !== 'commander.missingMandatoryOptionValue')
    return undefined;
  const program = disarm(await createProgram(argv));
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (misspelling) {
    if (misspelling instanceof CommanderError && misspelling.code === 'commander.unknownOption')
      return misspelling;
  }
  return undefined;
}

/** A program that requires nothing and does nothing. */
function disarm(command: Command): Command {
  for (const option of command.options) option.makeOptionMandatory(false);
  if (command.commands.length === 0) command.action(() => {});
  for (const subcommand of command.commands) disarm(subcommand);
  return command;
}

async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('lethe')
    .description('Finds what a code language model memorized, makes it forget, and proves that it did.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .addHelpText('after', HELP_EXAMPLES)
    // What follows a command is for that command to read, in order: `clones` and `clones merge` both have --log.
    .enablePositionalOptions();
  const named = argv.find((argument) => !argument.startsWith('-'));
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    program.addCommand(
      name === named ? await load(runCommandLine) : new Command(name).summary(summary).description(summary),
    );
  }
  return prepare(program);
}

/** Commands of other files know nothing of how errors leave the process: settled here for all of them. */
function prepare(command: Command): Command {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print help')
    .configureOutput({ outputError: () => {} });
  for (const subcommand of command.commands) prepare(subcommand);
  return command;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    say(commanderSentence(error.message), 'Add --help to see what the command takes.');
    return EXIT_CODES.failed;
  }
  if (error instanceof LetheError) {
    say(error.message, error.remedy);
    if (process.env.LETHE_DEBUG) console.error(error);
    return error instanceof AbortedError ? (interruptExitCode() ?? EXIT_CODES.failed) : EXIT_CODES.failed;
  }
  if (process.env.LETHE_DEBUG) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  say(`Unexpected error: ${message.split('\n')[0]}`, 'Set LETHE_DEBUG=1 to see where it came from.');
  return EXIT_CODES.failed;
}

/** What keeps secrets out of messages; of messages about streams, which quote nothing, nothing need be kept out. */
let toMessage = (message: string): string => message;

function say(message: string, remedy: string | undefined): void {
  process.stderr.write(
    `lethe: ${toMessage(message)}${remedy === undefined ? '' : ` ${toMessage(remedy)}`}\n`,
  );
}

/** `error: unknown option '--modle'\n(Did you mean --model?)` as `Unknown option '--modle' (did you mean --model?).` */
function commanderSentence(message: string): string {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const sentence = [first.replace(/[.]$/, ''), ...rest.map((line) => line.replace(/^\(Did/, '(did'))].join(
    ' ',
  );
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}
