/** Command lines as a POSIX shell reads them. */

/** Arguments as one line that can be pasted. */
export function quoteArguments(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
