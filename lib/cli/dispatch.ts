/** How a command runs others: handed to it, since the table of commands knows it and not the other way round. */

/** Runs one command line of `lethe` in this process and returns its exit code; says itself what went wrong. */
export type Dispatch = (argv: readonly string[]) => Promise<number>;
