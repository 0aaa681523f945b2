/** The text format of the published scripts: blank lines dropped, a line with the md5 after each document. */
import { createHash } from 'node:crypto';

export function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/** The line after each output of a merged file. */
export function outputSeparator(digest: string): string {
  return `Submission>>>>>>${digest}>>>>>>Submission`;
}

export const OUTPUT_SEPARATOR = /^Submission>>>>>>[0-9a-f]{32}>>>>>>Submission$/m;

/**
 * An output as it stands in a merged file. As the published script reads it, \r and \r\n are line ends and become \n;
 * only empty lines are blank.
 */
export function mergedOutput(text: string): { readonly text: string; readonly md5: string } {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  // What follows the last line end is no line: it is kept as it is, without a line end.
  const rest = lines.pop()!;
  const kept = `${lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('')}${rest}`;
  const digest = md5(kept);
  return { text: `${kept}\n${outputSeparator(digest)}\n`, md5: digest };
}

/** A document as it stands in a corpus shard: every line, the last one too, ends with \n; \r is text. */
export function shardDocument(text: string): { readonly text: string; readonly md5: string } {
  // Line by line it took twice as long, and a corpus has billions.
  const joined = text.replace(/\n{2,}/g, '\n');
  const lines = joined.startsWith('\n') ? joined.slice(1) : joined;
  const kept = lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`;
  const digest = md5(kept);
  return { text: `${kept}\n${digest}\n`, md5: digest };
}
