/**
 * Byte-level BPE's alphabet: every byte is written as one visible character (GPT-2, `bytes_to_unicode`),
 * so that a vocabulary of strings can hold any bytes.
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
