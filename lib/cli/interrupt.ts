/** Ctrl-C and SIGTERM as an `AbortSignal`. */

/** Exit codes that a shell expects of a command that a signal ended: 128 + the signal's number. */
export const INTERRUPT_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Interrupt = keyof typeof INTERRUPT_EXIT_CODES;

let received: Interrupt | undefined;

/** The exit code of the signal that arrived during {@link withInterrupt}, if one did. */
export function interruptExitCode(): number | undefined {
  return received === undefined ? undefined : INTERRUPT_EXIT_CODES[received];
}

/**
 * Runs `work` with a signal that fires at the first Ctrl-C or SIGTERM, so that it can stop where its files are whole.
 * A second one ends the process at once.
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(INTERRUPT_EXIT_CODES[name as Interrupt]);
    received = name as Interrupt;
    controller.abort();
  };
  for (const name of Object.keys(INTERRUPT_EXIT_CODES)) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of Object.keys(INTERRUPT_EXIT_CODES)) process.off(name, interrupt);
  }
}
