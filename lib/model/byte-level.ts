/**
 * Byte-level BPE's alphabet: every byte is written as one visible character (GPT-2, `bytes_to_unicode`),
 * so that a vocabulary of strings can hold any bytes. Also which characters of a text a run of bytes belongs to.
 */

/** `BYTE_SYMBOLS[b]` is the one-character symbol of byte b. */
export const BYTE_SYMBOLS: readonly string[] = byteSymbols();

const SYMBOL_BYTES: ReadonlyMap<string, number> = new Map(BYTE_SYMBOLS.map((symbol, byte) => [symbol, byte]));

function byteSymbols(): string[] {
  // Bytes that print as themselves in Latin-1 keep their character; the others take U+0100, U+0101, ... in order.
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(prints ? byte : next++);
  });
}

/** The UTF-8 bytes of `word` as symbols, one character a byte. A lone surrogate becomes U+FFFD. */
export function toSymbols(word: string): string {
  let symbols = '';
  for (const byte of Buffer.from(word, 'utf8')) symbols += BYTE_SYMBOLS[byte];
  return symbols;
}

/** The bytes that `symbols` stand for, or undefined if one of its characters is no symbol. */
export function fromSymbols(symbols: string): Uint8Array | undefined {
  const bytes = new Uint8Array(symbols.length);
  for (let i = 0; i < symbols.length; i++) {
    const byte = SYMBOL_BYTES.get(symbols[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * Where pieces of `word` begin and end, in UTF-16 code units of `word`; piece i holds `sizes[i]` of its UTF-8 bytes.
 * A piece that holds any byte of a character covers that whole character, as in the Rust tokenizers library.
 *
 * @returns start and end of each piece, `[2 * sizes.length]`
 */
export function pieceSpans(word: string, sizes: readonly number[]): Int32Array {
  const spans = new Int32Array(2 * sizes.length);
  let byte = 0; // bytes before the piece
  let unit = 0; // code units before the character that holds the next byte
  let begin = 0; // bytes before that character
  for (let i = 0; i < sizes.length; i++) {
    while (begin + byteLength(word, unit) <= byte) {
      begin += byteLength(word, unit);
      unit += unitLength(word, unit);
    }
    spans[2 * i] = unit;
    byte += sizes[i]!;
    let end = unit;
    for (let reached = begin; reached < byte; ) {
      reached += byteLength(word, end);
      end += unitLength(word, end);
    }
    spans[2 * i + 1] = end;
  }
  return spans;
}

function unitLength(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

function byteLength(text: string, at: number): number {
  const point = text.codePointAt(at)!;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4; // a lone surrogate becomes U+FFFD: 3 bytes
}
