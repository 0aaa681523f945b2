/**
 * The prompt that a Python file gives: all of it up to and including its first function's signature and docstring.
 * A scanner of Python's tokens as far as that needs them, not a parser: it reads Python 2 as well.
 */

interface Token {
  /** `word`: names, keywords and numbers. Line ends inside brackets are no tokens. */
  readonly kind: 'word' | 'string' | 'newline' | 'other';
  readonly text: string;
  readonly end: number;
  /** Open brackets around it. */
  readonly depth: number;
}

const PREFIXES = /^(?:[rbuft]|[bftu]r|r[bft])$/i;
const DOCSTRING = /^u?r?["']/i;
/** Sticky: each matches where it is asked to. */
const BLANK = /(?:[ \t\f\ufeff]|\\\r?\n|\\\r)+/y;
const LINE_END = /\r\n|\r|\n/y;
const COMMENT = /#[^\r\n]*/y;
const WORD = /[\p{L}\p{N}\p{M}\p{Pc}\u2118\u212e\u309b\u309c]+/uy;
const QUOTES = /"""|'''|"|'/y;
/** In an f-string a backslash takes what follows with it, but for braces: `\\{` is a backslash and a field. */
const ESCAPE = /\\(?:\r\n|[^{}])/sy;
const NAMED_CHARACTER = /\\N\{[^{}\r\n]*\}/y;

/**
 * Up to and including the colon of the first `def` or `async def`, in the order of the text and at any depth, and its
 * docstring's closing quotes where it has one; undefined where there is no function, or the text before it is torn.
 *
 * (ours) The published script takes the first function that a walk by levels meets, the docstring's first line only,
 * and drops empty lines.
 */
export function functionPrompt(source: string): string | undefined {
  const tokens = tokensOf(source);
  for (let token = next(tokens); token !== undefined; token = next(tokens)) {
    if (token.kind === 'word' && token.text === 'def') return promptOf(source, tokens, token.depth);
  }
  return undefined;
}

function promptOf(source: string, tokens: Iterator<Token>, depth: number): string | undefined {
  let lambdas = 0;
  for (let token = next(tokens); ; token = next(tokens)) {
    if (token === undefined || (token.kind === 'newline' && token.depth === depth)) return undefined;
    if (token.kind === 'word' && token.text === 'lambda' && token.depth === depth) lambdas++;
    if (token.text !== ':' || token.kind !== 'other' || token.depth !== depth) continue;
    // Only the colon of a lambda in the annotation of what is returned stands at this depth, too.
    if (lambdas-- === 0) return source.slice(0, endOfDocstring(tokens) ?? token.end);
  }
}

/** Where the string ends that is the first statement; undefined if there is none. */
function endOfDocstring(tokens: Iterator<Token>): number | undefined {
  let token = next(tokens);
  while (token?.kind === 'newline') token = next(tokens);
  let end: number | undefined;
  // Neighbouring strings are one.
  for (; token?.kind === 'string' && DOCSTRING.test(token.text); token = next(tokens)) end = token.end;
  const alone = token === undefined || token.kind === 'newline' || token.text === ';';
  return alone ? end : undefined;
}

function next(tokens: Iterator<Token>): Token | undefined {
  const { done, value } = tokens.next();
  return done ? undefined : value;
}

/** Ends early at a string that is not closed. */
function* tokensOf(source: string): Generator<Token, void, void> {
  let depth = 0;
  for (let at = 0; at < source.length; ) {
    const piece = pieceAt(source, at, 0);
    if (piece === undefined) return;
    const { kind, end } = piece;
    depth = Math.max(0, depth + bracketAt(source, at, kind));
    if (kind !== 'gap' && (kind !== 'newline' || depth === 0))
      yield { kind, text: source.slice(at, end), end, depth };
    at = end;
  }
}

/** A token, or what stands between tokens: blanks, comments. */
interface Piece {
  readonly kind: Token['kind'] | 'gap';
  readonly end: number;
}

/** As Python has it: f-strings within f-strings within f-strings. */
const MAX_NESTED_STRINGS = 150;

/** What stands at `at`; undefined for a string that is not closed. @param nesting f-strings around it */
function pieceAt(source: string, at: number, nesting: number): Piece | undefined {
  const gap = match(BLANK, source, at) ?? match(COMMENT, source, at);
  if (gap !== undefined) return { kind: 'gap', end: gap };
  const newline = match(LINE_END, source, at);
  if (newline !== undefined) return { kind: 'newline', end: newline };
  const word = match(WORD, source, at);
  const prefix = source.slice(at, word ?? at);
  const quotes = word === undefined || PREFIXES.test(prefix) ? match(QUOTES, source, word ?? at) : undefined;
  if (quotes === undefined)
    return word === undefined ? { kind: 'other', end: at + 1 } : { kind: 'word', end: word };
  const string = { quotes: source.slice(word ?? at, quotes), raw: /r/i.test(prefix), nesting };
  const end = /[ft]/i.test(prefix)
    ? endOfFormatted(source, quotes, string, 'text')
    : endOfString(source, quotes, string.quotes);
  return end === undefined ? undefined : { kind: 'string', end };
}

function bracketAt(source: string, at: number, kind: Piece['kind']): -1 | 0 | 1 {
  if (kind !== 'other') return 0;
  if ('([{'.includes(source[at]!)) return 1;
  return ')]}'.includes(source[at]!) ? -1 : 0;
}

/** A backslash takes what follows with it, in raw strings too; only three quotes reach over lines. */
function endOfString(source: string, begin: number, quotes: string): number | undefined {
  for (let at = begin; at < source.length; at++) {
    if (source.startsWith(quotes, at)) return at + quotes.length;
    if (source[at] === '\\') at += source.startsWith('\r\n', at + 1) ? 2 : 1;
    else if (quotes.length === 1 && (source[at] === '\n' || source[at] === '\r')) return undefined;
  }
  return undefined;
}

interface FormattedString {
  readonly quotes: string;
  readonly raw: boolean;
  /** f-strings around it. */
  readonly nesting: number;
}

/**
 * The end of an f-string (PEP 701, Python 3.12; what was valid before it ends where it did), or of a field's format
 * specification within it: that ends with the field's brace, and braces are not doubled in it.
 */
function endOfFormatted(
  source: string,
  begin: number,
  string: FormattedString,
  part: 'text' | 'specification',
): number | undefined {
  const { quotes, raw, nesting } = string;
  if (nesting >= MAX_NESTED_STRINGS) return undefined;
  for (let at = begin; at < source.length; ) {
    if (source.startsWith(quotes, at)) return part === 'text' ? at + quotes.length : undefined;
    const name = raw ? undefined : match(NAMED_CHARACTER, source, at);
    const escaped = name ?? match(ESCAPE, source, at);
    if (escaped !== undefined) at = escaped;
    else if (source[at] === '}' && part === 'specification') return at + 1;
    else if (source[at] === '{' && (part === 'specification' || source[at + 1] !== '{')) {
      const end = endOfField(source, at + 1, string);
      if (end === undefined) return undefined;
      at = end;
    } else if (part === 'text' && quotes.length === 1 && (source[at] === '\n' || source[at] === '\r'))
      return undefined;
    else at += part === 'text' && (source.startsWith('{{', at) || source.startsWith('}}', at)) ? 2 : 1;
  }
  return undefined;
}

/** After the brace that closes a replacement field: any expression, over lines and with comments, then its format. */
function endOfField(source: string, begin: number, string: FormattedString): number | undefined {
  let depth = 0;
  for (let at = begin; at < source.length; ) {
    const piece = pieceAt(source, at, string.nesting + 1);
    if (piece === undefined) return undefined;
    const { kind, end } = piece;
    // No lambda and no `:=` stands outside brackets in a field: the colon begins the format.
    if (depth === 0 && kind === 'other' && source[at] === ':')
      return endOfFormatted(source, end, { ...string, nesting: string.nesting + 1 }, 'specification');
    if (depth === 0 && kind === 'other' && source[at] === '}') return end;
    depth += bracketAt(source, at, kind);
    at = end;
  }
  return undefined;
}

function match(pattern: RegExp, source: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}
