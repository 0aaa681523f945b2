/**
 * The regular expressions of tokenizer.json are Oniguruma's; this writes them as JavaScript's, for the constructs that
 * published tokenizers use, and refuses the others rather than match something else.
 */

/** Letters that case-fold to ASCII ones, beside the two cases. */
const EXTRA_CASES: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' };

const ESCAPES: Readonly<Record<string, string>> = {
  // JavaScript's \s also takes U+FEFF and misses U+0085; its \d and \w are ASCII.
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  r: '\\r',
  n: '\\n',
  t: '\\t',
  f: '\\f',
  v: '\\v',
};

const LITERAL_OUTSIDE = /[\\^$.*+?()[\]{}|/]/;

/** The construct that stands in the way. */
export class UntranslatablePattern extends Error {}

/** @throws UntranslatablePattern */
export function translatePattern(pattern: string): RegExp {
  const source = new Translator(pattern).translate();
  try {
    return new RegExp(source, 'gu');
  } catch (error) {
    throw new UntranslatablePattern((error as Error).message);
  }
}

export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

class Translator {
  readonly #characters: readonly string[];
  #at = 0;
  #out = '';
  /** For each open group, whether its letters match in both cases. */
  readonly #ignoreCase: boolean[] = [false];

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  translate(): string {
    while (this.#at < this.#characters.length) {
      const character = this.#take();
      if (character === '[') this.#class();
      else if (character === '(') this.#group();
      else if (character === ')') this.#close();
      else if (character === '\\') this.#out += this.#escape(this.#take());
      else if (character === '.') this.#out += '[^\\n]';
      else if (character === '^' || character === '$') this.#refuse(character);
      else if (character === '{') this.#count();
      else if ('*+?'.includes(character)) this.#repeat(character);
      else if (character === '|') this.#out += '|';
      else this.#out += this.#literal(character);
    }
    return this.#out;
  }

  #take(): string {
    const character = this.#characters[this.#at++];
    return character ?? this.#refuse('an unfinished pattern');
  }

  #next(text: string): boolean {
    const length = Array.from(text).length;
    if (this.#characters.slice(this.#at, this.#at + length).join('') !== text) return false;
    this.#at += length;
    return true;
  }

  #refuse(what: string): never {
    throw new UntranslatablePattern(what);
  }

  #literal(character: string): string {
    if (!this.#ignoreCase.at(-1)) return LITERAL_OUTSIDE.test(character) ? `\\${character}` : character;
    if (/^[a-z]$/i.test(character)) {
      const lower = character.toLowerCase();
      return `[${lower}${lower.toUpperCase()}${EXTRA_CASES[lower] ?? ''}]`;
    }
    if (character.toLowerCase() !== character.toUpperCase()) this.#refuse(`(?i) with ${character}`);
    return LITERAL_OUTSIDE.test(character) ? `\\${character}` : character;
  }

  #group(): void {
    const kind = ['?:', '?i:', '?=', '?!', '?<=', '?<!'].find((start) => this.#next(start));
    if (kind === undefined && this.#characters[this.#at] === '?') this.#refuse('a group of another kind');
    this.#ignoreCase.push(kind === '?i:' || this.#ignoreCase.at(-1)!);
    this.#out += kind === undefined || kind === '?i:' ? '(?:' : `(${kind}`;
  }

  #close(): void {
    this.#ignoreCase.pop();
    if (this.#ignoreCase.length === 0) this.#refuse('an unopened group');
    this.#out += ')';
  }

  #repeat(sign: string): void {
    this.#out += sign;
    if (this.#next('?')) this.#out += '?';
    else if (this.#next('+')) this.#refuse('a possessive repeat');
  }

  #count(): void {
    const end = this.#characters.indexOf('}', this.#at);
    const inner = this.#characters.slice(this.#at, end).join('');
    // Oniguruma takes `{,n}` as well, and `{` that counts nothing as itself.
    if (end < 0 || !/^\d+(,\d*)?$/.test(inner)) this.#refuse('{');
    this.#at = end + 1;
    this.#out += `{${inner}}`;
    if (this.#next('?')) this.#out += '?';
    else if (this.#next('+')) this.#refuse('a repeat of a repeat');
  }

  #escape(character: string): string {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    if (character === 'p' || character === 'P') return this.#property(character);
    if (/^[a-z0-9]$/i.test(character)) this.#refuse(`\\${character}`);
    return `\\${character === '-' ? 'x2d' : /[\\^$.*+?()[\]{}|/]/.test(character) ? character : this.#refuse(`\\${character}`)}`;
  }

  #property(sign: string): string {
    const end = this.#characters.indexOf('}', this.#at);
    const inner = this.#characters.slice(this.#at, end).join('');
    const name = /^\{([A-Z][A-Za-z_]*)$/.exec(inner)?.[1] ?? this.#refuse(`\\${sign}${inner}`);
    this.#at = end + 1;
    return `\\${sign}{${name.length <= 2 ? name : `Script=${name}`}}`;
  }

  #class(): void {
    if (this.#ignoreCase.at(-1)) this.#refuse('(?i) with a class');
    let inner = '';
    const negated = this.#next('^');
    for (;;) {
      const character = this.#take();
      if (character === ']') break;
      if (character === '[') this.#refuse('a class in a class');
      if (character === '&' && this.#next('&')) this.#refuse('&& in a class');
      if (character === '\\') inner += this.#escape(this.#take());
      else if (character === '-') inner += inner === '' || this.#characters[this.#at] === ']' ? '\\-' : '-';
      else inner += character === '^' ? '\\^' : character;
    }
    if (inner === '') this.#refuse('an empty class');
    this.#out += `[${negated ? '^' : ''}${inner}]`;
  }
}
