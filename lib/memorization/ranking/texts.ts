/** Outputs as they are scored: newlines collapsed, and cut into windows of lines. */

/** Every run of line ends becomes one `\n`; `\r` and `\r\n` are line ends, as the published script reads files. */
export function collapseNewlines(text: string): string {
  return text.replace(/[\r\n]+/g, '\n');
}

/**
 * Every `size` consecutive lines of a text; the whole text where it has no more. A `\n` at its end begins no line.
 *
 * @param size lines of a window, an integer >= 1. Published: 6
 */
export function windowsOf(text: string, size: number): string[] {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  const count = Math.max(1, lines.length - size + 1);
  return Array.from({ length: count }, (_, first) => lines.slice(first, first + size).join('\n'));
}
