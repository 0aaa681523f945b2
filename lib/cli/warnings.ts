/** What a command can say only at its end, when it has seen all of its input. */

type Warning = () => string | undefined;

let waiting: Warning[] = [];

/** Has `warning` asked once when the command ends, whatever its outcome; undefined says nothing. */
export function warnAtEnd(warning: Warning): void {
  waiting.push(warning);
}

/** The warnings of all that has been asked for since the last call. */
export function takeWarnings(): string[] {
  const warnings = waiting.flatMap((warning) => warning() ?? []);
  waiting = [];
  return warnings;
}
