/**
 * Quoted strings that look random: detect-secrets' `HexHighEntropyString` and `Base64HighEntropyString`. A string ends at
 * the quote it began with and holds nothing but letters of its alphabet; the quote that ends one begins no other.
 */
import type { Detector } from './detector.js';
import { BASE64_ENTROPY_LIMIT, HEX_ENTROPY_LIMIT, hexEntropy, shannonEntropy } from './entropy.js';
import { type KeyFinding, withoutEscapes } from './key-detector.js';

interface Alphabet {
  readonly rule: { readonly id: string; readonly type: string; readonly evidence: 'entropy' };
  /** 1 for each code unit below 128 that belongs to it. */
  readonly holds: Uint8Array;
  /** Of fewer characters none can be as random as that. */
  readonly shortest: number;
  readonly isRandom: (value: string) => boolean;
}

function alphabet(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => Number(characters.test(String.fromCharCode(code))));
}

const ALPHABETS: readonly Alphabet[] = [
  {
    rule: { id: 'hex-entropy', type: 'Hex High Entropy String', evidence: 'entropy' },
    holds: alphabet(/[0-9a-fA-F]/),
    shortest: Math.floor(2 ** HEX_ENTROPY_LIMIT) + 1,
    isRandom: (value) => hexEntropy(value) > HEX_ENTROPY_LIMIT,
  },
  {
    rule: { id: 'base64-entropy', type: 'Base64 High Entropy String', evidence: 'entropy' },
    holds: alphabet(/[A-Za-z0-9+/\\\-_=]/),
    shortest: Math.floor(2 ** BASE64_ENTROPY_LIMIT) + 1,
    isRandom: (value) => shannonEntropy(value) > BASE64_ENTROPY_LIMIT,
  },
];

export const QUOTED_RULES = ALPHABETS.map(({ rule }) => rule);

/** @param rules which of {@link QUOTED_RULES} */
export function createQuotedDetector(rules: typeof QUOTED_RULES = QUOTED_RULES): Detector<KeyFinding> {
  const alphabets = ALPHABETS.filter(({ rule }) => rules.includes(rule));
  return {
    literals: ['"', "'"],
    begin(text) {
      const searchedTo = alphabets.map(() => 0);
      const found: KeyFinding[] = [];
      const seen = alphabets.map(() => new Set<string>());
      return {
        at(_, quote) {
          for (let a = 0; a < alphabets.length; a++) {
            if (quote < searchedTo[a]!) continue;
            const { rule, holds, shortest, isRandom } = alphabets[a]!;
            const end = endOfRun(text, quote + 1, holds);
            if (end === quote + 1 || text.charCodeAt(end) !== text.charCodeAt(quote)) continue;
            searchedTo[a] = end + 1;
            if (end - quote - 1 < shortest) continue;
            const value = withoutEscapes(text.slice(quote + 1, end));
            if (seen[a]!.has(value)) continue;
            seen[a]!.add(value);
            if (isRandom(value)) found.push({ rule, value, start: text.indexOf(value, quote) });
          }
        },
        finish: () => found,
      };
    },
  };
}

function endOfRun(text: string, start: number, holds: Uint8Array): number {
  let end = start;
  while (end < text.length && holds[text.charCodeAt(end)] === 1) end++;
  return end;
}
