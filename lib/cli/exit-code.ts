/** What a command's end means to the shell: the one list of exit codes, and how an action tells its own. */

export const EXIT_CODES = {
  /** Done, and as asked. */
  done: 0,
  /** Nothing was done, or not all: bad input, a fault of the machine. The sentence on stderr says which. */
  failed: 1,
  /** Ran to its end and wrote its files, but the result is not what it was run for: stderr and run.json say why. */
  missed: 3,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/**
 * Makes an action that returns its exit code one that commander can run, which drops what actions return: the code
 * becomes that of the process. An action that returns none is done.
 */
export function withExitCode<Arguments extends unknown[]>(
  action: (...args: Arguments) => ExitCode | Promise<ExitCode>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    process.exitCode = await action(...args);
  };
}
