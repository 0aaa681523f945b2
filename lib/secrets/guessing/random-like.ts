/** Random strings of the format of a secret: what the secret would be if nobody had ever seen it. */
import type { Random } from '../../random.js';
import { publicUnits } from './public-parts.js';

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const LOWER_HEX = '0123456789abcdef';
const UPPER_HEX = '0123456789ABCDEF';

/** Shorter runs of hexadecimal digits are as good as letters and digits that happen to be some. */
const LEAST_HEX = 8;

/** Draws a string of the format; equal draws give equal strings. */
export type Drawer = (random: Random) => string;

/**
 * Draws strings like `value`, character by character: digits for digits, letters for letters of the same case, hexadecimal
 * digits where the value is made of those; what is public stays (`ghp_`, the domain of an e-mail address), as do
 * punctuation and letters beyond ASCII. Of an IPv4 address each number is drawn from 0 to 255, so that the length varies.
 */
export function drawerLike(value: string): Drawer {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(value))
    return (random) => Array.from({ length: 4 }, () => random.integer(256)).join('.');
  const alphabets = alphabetsOf(value);
  return (random) => {
    let out = '';
    for (const [i, alphabet] of alphabets.entries())
      out += alphabet === undefined ? value[i]! : alphabet[random.integer(alphabet.length)]!;
    return out;
  };
}

/** By UTF-16 unit, what it is drawn from; undefined for one that stays. */
function alphabetsOf(value: string): (string | undefined)[] {
  const known = publicUnits(value);
  const secret = [...value.matchAll(/[A-Za-z0-9]+/g)].flatMap(({ 0: run, index }) =>
    splitPublic(run, index, known),
  );
  const whole = hexAlphabet(secret.map(({ run }) => run).join(''));
  const alphabets = Array.from<string | undefined>({ length: value.length });
  for (const { run, index } of secret) {
    const hex = whole ?? hexAlphabet(run);
    for (let i = 0; i < run.length; i++) alphabets[index + i] = hex ?? classOf(run[i]!);
  }
  return alphabets;
}

/** The pieces of a run that are not public. */
function splitPublic(run: string, index: number, known: Uint8Array): { run: string; index: number }[] {
  const pieces: { run: string; index: number }[] = [];
  for (let i = 0; i < run.length; i++) {
    if (known[index + i] === 1) continue;
    const last = pieces.at(-1);
    if (last !== undefined && last.index + last.run.length === index + i) last.run += run[i]!;
    else pieces.push({ run: run[i]!, index: index + i });
  }
  return pieces;
}

/** Digits alone are a number, and letters alone a word. */
function hexAlphabet(run: string): string | undefined {
  if (run.length < LEAST_HEX || !/[0-9]/.test(run)) return undefined;
  if (/^[0-9a-f]+$/.test(run) && /[a-f]/.test(run)) return LOWER_HEX;
  return /^[0-9A-F]+$/.test(run) && /[A-F]/.test(run) ? UPPER_HEX : undefined;
}

function classOf(character: string): string {
  if (character <= '9') return DIGITS;
  return character <= 'Z' ? UPPER : LOWER;
}
