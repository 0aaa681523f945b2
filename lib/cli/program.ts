/** The command line: finds the command, runs it, and turns what went wrong into one sentence and an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { AbortedError, fileError, LetheError } from '../errors.js';
import { COMMANDS } from './commands.js';
import { interruptExitCode } from './interrupt.js';

const HELP_EXAMPLES = `
Examples:
  $ lethe demo                       the whole mission in small, in about two minutes
  $ lethe doctor                     what is installed and what is missing
  $ lethe measure --model DIR --input documents.jsonl --el 3,5,10
  $ lethe unlearn --help

Data goes to stdout, talk to stderr. A command that was stopped goes on where it was when it is run again.`;

/** Runs one command line (without node and script) and returns the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`lethe score ... | head`) is not an error; a full disk is.
      process.exit(error.code === 'EPIPE' ? 0 : report(fileError('write', name, error)));
    });
  try {
    const program = await createProgram(argv);
    await program.parseAsync(argv, { from: 'user' });
    // A command that ran to its end may still have bad news, as `lethe doctor` does.
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report((await findMisspelling(error, argv)) ?? error);
  }
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
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'print help')
    .addHelpText('after', HELP_EXAMPLES)
    // What follows a command is for that command to read, in order: `clones` and `clones merge` both have --log.
    .enablePositionalOptions();
  const operands = argv.filter((argument) => !argument.startsWith('-'));
  const named = operands[0] === 'help' ? operands[1] : operands[0];
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    program.addCommand(
      name === named ? await load() : new Command(name).summary(summary).description(summary),
    );
  }
  return prepare(program);
}

/** Commands of other files know nothing of how errors leave the process: settled here for all of them. */
function prepare(command: Command): Command {
  command
    .exitOverride()
    .helpOption('--help', 'print help')
    .configureOutput({ outputError: () => {} });
  for (const subcommand of command.commands) prepare(subcommand);
  return command;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version were printed by commander; a bare `lethe` printed help as well.
    if (error.exitCode === 0 || error.code === 'commander.help') return error.exitCode;
    say(commanderSentence(error.message), 'Add --help to see what the command takes.');
    return 1;
  }
  if (error instanceof LetheError) {
    say(error.message, error.remedy);
    if (process.env.LETHE_DEBUG) console.error(error);
    return error instanceof AbortedError ? (interruptExitCode() ?? 1) : 1;
  }
  if (process.env.LETHE_DEBUG) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  say(`Unexpected error: ${message.split('\n')[0]}`, 'Set LETHE_DEBUG=1 to see where it came from.');
  return 1;
}

function say(message: string, remedy: string | undefined): void {
  process.stderr.write(`lethe: ${message}${remedy === undefined ? '' : ` ${remedy}`}\n`);
}

/** `error: unknown option '--modle'\n(Did you mean --model?)` as `Unknown option '--modle' (did you mean --model?).` */
function commanderSentence(message: string): string {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const sentence = [first.replace(/[.]$/, ''), ...rest.map((line) => line.replace(/^\(Did/, '(did'))].join(
    ' ',
  );
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
