/**
 * What a memorized block is made of, by simple rules over its lines that a reader can check by eye. No parser: blocks
 * begin and end anywhere, in any language.
 *
 * 1. `licence`: a licence's words in at least two lines, or in a third of the lines.
 * 2. Else the kind that more than half of the lines are of: `imports`, `documentation` (comments and docstrings), `data`.
 * 3. Else `code`.
 */
import type { Category } from './summary.js';

const LICENCE =
  /\blicen[cs]e[ds]?\b|\blicen[cs]ing\b|copyright|\(c\)\s*\d{4}|all rights reserved|\bwarrant(y|ies)\b|permission is hereby granted|redistribut|merchantab|\bgnu\b.*\bpublic\b|\bas is\b|spdx-/i;

/** One of these stands, in lower case, in every line that {@link LICENCE} matches: most texts hold none, and that is found soon. */
const LICENCE_STEMS = [
  'licen',
  'copyright',
  '(c)',
  'all rights',
  'warrant',
  'permission',
  'redistribut',
  'merchantab',
  'gnu',
  'as is',
  'spdx-',
];

const IMPORT =
  /^(import\s|from\s+[\w.]+\s+import\b|#\s*include\b|using\s+[\w.:]+\s*;|require\b|(const|let|var)\s.*=\s*require\(|package\s+[\w.]+;?$|export\s.*\bfrom\s+['"])/;

/** Marks a comment at the beginning of a line, in the common languages; `# include` was taken as an import before. */
const COMMENT = /^(#|\/\/|\/\*|\*(?!\w)|--(?=\s|$)|<!--|;;|%%?\s)/;

const QUOTES = /"""|'''/g;

/** One literal or what stands between literals: a quoted string, a number, a name such as None, space and brackets. */
const LITERAL =
  /[bru]?"(?:[^"\\]|\\.)*"|[bru]?'(?:[^'\\]|\\.)*'|(?:0x[\da-f]+|\d[\d_.]*(?:e[-+]?\d+)?)[a-z]?\b|(?:none|null|true|false|nan)\b|[\s[\](){},:;|+-]/iy;

/** The category of a text of one block. */
export function categorize(text: string): Category {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const licence = mayBeLicence(text) ? lines.filter((line) => LICENCE.test(line)).length : 0;
  if (licence >= 2 || (licence > 0 && licence * 3 >= lines.length)) return 'licence';
  const counts = { imports: 0, documentation: 0, data: 0, code: 0 };
  for (const kind of kindsOf(lines)) counts[kind]++;
  for (const kind of ['imports', 'documentation', 'data'] as const) {
    if (counts[kind] * 2 > lines.length) return kind;
  }
  return 'code';
}

function mayBeLicence(text: string): boolean {
  const lower = text.toLowerCase();
  return LICENCE_STEMS.some((stem) => lower.includes(stem));
}

/** The kind of each line; inside a docstring all of them are documentation. */
function* kindsOf(lines: readonly string[]): Generator<Exclude<Category, 'licence'>, void, void> {
  let insideDocstring = false;
  for (const line of lines) {
    const isQuoted = line.includes('"""') || line.includes("'''");
    const quotes = isQuoted ? line.match(QUOTES)!.length : 0;
    if (insideDocstring || (quotes > 0 && /^[bru]?("""|''')/i.test(line))) {
      yield 'documentation';
      if (quotes % 2 === 1) insideDocstring = !insideDocstring;
    } else if (IMPORT.test(line)) yield 'imports';
    else if (isData(line)) yield 'data';
    else if (COMMENT.test(line)) yield 'documentation';
    else {
      yield 'code';
      if (quotes % 2 === 1) insideDocstring = true;
    }
  }
}

/**
 * Whether a line is literals and nothing else; brackets alone are code, they close what stood before. Literal by literal:
 * one pattern for the whole line would try every way to split it.
 */
function isData(line: string): boolean {
  if (!/[\w"']/.test(line)) return false;
  LITERAL.lastIndex = 0;
  while (LITERAL.lastIndex < line.length) if (!LITERAL.test(line)) return false;
  return true;
}
