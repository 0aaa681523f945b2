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
    const gap = match(BLANK, source, at) ?? match(COMMENT, source, at);
    if (gap !== undefined) {
      at = gap;
      continue;
    }
    let kind: Token['kind'] = 'other';
    let end = match(LINE_END, source, at);
    if (end !== undefined) kind = 'newline';
    else {
      const word = match(WORD, source, at);
      const prefixed = word !== undefined && PREFIXES.test(source.slice(at, word));
      const quotes = word === undefined || prefixed ? match(QUOTES, source, word ?? at) : undefined;
      if (quotes !== undefined) {
        kind = 'string';
        end = endOfString(source, source.slice(word ?? at, quotes), quotes);
        if (end === undefined) return;
      } else if (word !== undefined) {
        kind = 'word';
        end = word;
      } else {
        end = at + 1;
        if ('([{'.includes(source[at]!)) depth++;
        if (')]}'.includes(source[at]!)) depth = Math.max(0, depth - 1);
      }
    }
    if (kind !== 'newline' || depth === 0) yield { kind, text: source.slice(at, end), end, depth };
    at = end;
  }
}

/** A backslash takes what follows with it, in raw strings too; only three quotes reach over lines. */
function endOfString(source: string, quotes: string, begin: number): number | undefined {
  for (let at = begin; at < source.length; at++) {
    if (source.startsWith(quotes, at)) return at + quotes.length;
    if (source[at] === '\\') at += source.startsWith('\r\n', at + 1) ? 2 : 1;
    else if (quotes.length === 1 && (source[at] === '\n' || source[at] === '\r')) return undefined;
  }
  return undefined;
}

function match(pattern: RegExp, source: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}
