/** The licence and the comments above the first line of code, which unseen data is measured without. */
import type { Language } from './languages.js';

/** What stands above the comments of a PHP file and stays. */
const PHP_OPEN = /^\s*<\?php\s*/;

/**
 * The text from its first line of code on: everything before it that is a comment, a hash-bang line or blank is
 * stripped (REFERENCE section 7). A text that is all comment becomes empty. A Rust attribute (`#![...]`) is code, as is
 * a Python docstring. An unclosed comment is left as it is.
 */
export function stripLeadingComment(text: string, language: Language): string {
  const php = PHP_OPEN.exec(text)?.[0] ?? '';
  let rest = text.slice(php.length);
  if (/^\uFEFF?#!\//.test(rest)) rest = afterLine(rest);
  for (;;) {
    rest = rest.replace(/^\s*\n/, '');
    const body = rest.trimStart();
    const block = language.block.find(([open]) => body.startsWith(open));
    if (block !== undefined) {
      const close = body.indexOf(block[1], block[0].length);
      if (close === -1) break;
      rest = body.slice(close + block[1].length);
      continue;
    }
    if (!language.line.some((start) => body.startsWith(start))) break;
    rest = afterLine(body);
  }
  return rest.trim() === '' ? '' : php + rest;
}

function afterLine(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? '' : text.slice(end + 1);
}
