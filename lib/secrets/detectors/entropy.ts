/** Shannon entropy of a value, with the correction for numbers that detect-secrets applies to hexadecimal strings. */

/** Above this many bits a character, a quoted base64 string counts as random (detect-secrets default). */
export const BASE64_ENTROPY_LIMIT = 4.5;

/** Above this many bits a character, a quoted hexadecimal string counts as random (detect-secrets default). */
export const HEX_ENTROPY_LIMIT = 3.0;

/** Bits a character, 0 for an empty string. */
export function shannonEntropy(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) {
    const share = count / value.length;
    entropy -= share * Math.log2(share);
  }
  return entropy;
}

/**
 * The entropy of a hexadecimal string; all-digit strings lose `1.2 / log2(length)` bits, because a number is far more
 * often a constant than a key (detect-secrets 1.5, `HexHighEntropyString`).
 */
export function hexEntropy(value: string): number {
  const entropy = shannonEntropy(value);
  return value.length > 1 && /^\d+$/.test(value) ? entropy - 1.2 / Math.log2(value.length) : entropy;
}
