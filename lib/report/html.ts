/**
 * HTML as a value: a tagged template that escapes everything put into it unless it is HTML already.
 * Text comes from models and corpora, so it is hostile until it has passed through here.
 */

/** Markup that is safe to write into a page. Only this file makes one from a string. */
export class Html {
  constructor(readonly markup: string) {}
  toString(): string {
    return this.markup;
  }
}

/** What a template accepts: text and numbers are escaped, lists are joined, null, undefined and false vanish. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** ``html`<p title="${text}">${text}</p>` ``: attribute values must stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  let markup = parts[0]!;
  for (const [index, value] of values.entries()) markup += write(value) + parts[index + 1]!;
  return new Html(markup);
}

/** Takes a string for markup as it stands. Only for what this project wrote itself. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function write(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(write).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a double-quoted attribute, with invisible characters shown. */
export function escapeText(text: string): string {
  return makeVisible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * A JSON value for `<script type="application/json">`: no `<` survives, so neither `</script>` nor `<!--` can
 * end or open anything, and strings have their invisible characters shown.
 */
export function inlineJson(value: unknown): Html {
  const json = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? makeVisible(inner) : inner,
  );
  return new Html(
    json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

// Controls but tab and newline, format characters (zero-width, bidi, tags), line and paragraph separators,
// surrogates without a partner, and all else that Unicode says to ignore when drawing.
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;

/**
 * Shows characters that a page would hide or act on: `␛` for escape, `⟨U+202E⟩` for a right-to-left override.
 * Tab and newline stay.
 */
export function makeVisible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
  });
}
