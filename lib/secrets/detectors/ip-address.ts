/**
 * IP addresses: found, told from dates, versions and slices, and told apart into private and public.
 *
 * The published expression asks for white space or punctuation around an address. (ours) A `/`, a bracket or a port
 * may stand beside it too (`http://203.0.113.7:80/`), but no letter, digit, `_`, `-` or further dotted number.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { ESCAPE } from './boundaries.js';
import { isDigit, isHexDigit } from './characters.js';
import type { Detector, Finding } from './detector.js';

const IPV4 = afterWord('[\\w.-]', String.raw`\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\w)`);
const IPV6_RUN = afterWord('[\\w.:-]', String.raw`[0-9A-Fa-f:][0-9A-Fa-f:.]+(?![\w-])`);
/** Two-digit day, month and year, as in 21.11.26.1 (published rule: a date at the start of the value). */
const DATE = /^[0-3]\d\.[0-3]\d\.\d\d\./;
/** How far around a value the words "dns" and "server" are looked for. */
const CONTEXT = 100;

/** `\\u003c` and its kin. */
const LONGEST_ESCAPE = 6;
const COLON = 0x3a;
const POINT = 0x2e;

/** `pattern` where no character of `before` stands in front of it, unless that ends an escape sequence. */
function afterWord(before: string, pattern: string): RegExp {
  return new RegExp(`(?:(?<!${before})|(?<=${ESCAPE}))${pattern}`, 'y');
}

/** Every IPv4 address of a text that is none of the known false positives (REFERENCE section 6.1), in order. */
export const IPV4_ADDRESSES: Detector<Finding> = {
  literals: ['.'],
  begin(text) {
    let searched = 0;
    const found: Finding[] = [];
    return {
      at(_, dot) {
        if (!isDigit(text.charCodeAt(dot - 1)) || !isDigit(text.charCodeAt(dot + 1))) return;
        // The first number has up to three digits.
        let start = dot - 1;
        while (start > dot - 3 && isDigit(text.charCodeAt(start - 1))) start--;
        for (start = Math.max(start, searched); start < dot; start++) {
          IPV4.lastIndex = start;
          const value = IPV4.exec(text)?.[0];
          if (value === undefined) continue;
          searched = start + value.length;
          if (isIPv4(value) && !DATE.test(value) && !isVersion(text, value, start))
            found.push({ value, start });
          return;
        }
      },
      finish: () => found,
    };
  },
};

/** A value of 7 characters, x.x.x.x, is a version number unless "dns" or "server" stands within 100 characters. */
function isVersion(text: string, value: string, start: number): boolean {
  if (value.length !== 7) return false;
  const context = text.slice(Math.max(0, start - CONTEXT), start + value.length + CONTEXT).toLowerCase();
  return !context.includes('dns') && !context.includes('server');
}

/**
 * Every IPv6 address of a text, in order. (ours) What parses as an address but reads as code is left out: without a
 * digit (`dead::beef` in C++), directly after a `[` that does not follow `//` (a Python slice), or abbreviated with
 * no group of three digits or more (`1::2`).
 */
export const IPV6_ADDRESSES: Detector<Finding> = {
  literals: [':'],
  begin(text) {
    let searched = 0;
    const found: Finding[] = [];
    return {
      at(_, colon) {
        if (colon < searched || !hasColonSoon(text, colon)) return;
        let from = colon;
        while (from > searched && isOfRun(text.charCodeAt(from - 1))) from--;
        let end = colon + 1;
        while (isOfRun(text.charCodeAt(end))) end++;
        searched = end;
        // What stands before the run decides, or an escape sequence, whose last digits look like a part of it.
        for (let start = from; start < Math.min(end, from + LONGEST_ESCAPE); start++) {
          IPV6_RUN.lastIndex = start;
          const run = IPV6_RUN.exec(text)?.[0];
          if (run === undefined) continue;
          const value = withoutPunctuation(run);
          if (isIPv6(value) && !isCode(text, value, start)) found.push({ value, start });
          return;
        }
      },
      finish: () => found,
    };
  },
};

/** Every IPv6 address holds two colons with no more than four digits between them. */
function hasColonSoon(text: string, colon: number): boolean {
  for (let next = colon + 1; next <= colon + 5; next++) {
    const code = text.charCodeAt(next);
    if (code === COLON) return true;
    if (!isHexDigit(code)) return false;
  }
  return false;
}

function isOfRun(code: number): boolean {
  return code === COLON || code === POINT || isHexDigit(code);
}

function isCode(text: string, value: string, start: number): boolean {
  if (!/\d/.test(value)) return true;
  if (text[start - 1] === '[' && text.slice(Math.max(0, start - 3), start) !== '//[') return true;
  return value.includes('::') && !/[0-9A-Fa-f]{3}/.test(value);
}

/** A sentence's full stop, or a colon after the address, belongs to the text around it. */
function withoutPunctuation(run: string): string {
  const value = run.endsWith('.') ? run.slice(0, -1) : run;
  return value.endsWith(':') && !value.endsWith('::') ? value.slice(0, -1) : value;
}

/** IANA's special-purpose registries, less their globally reachable entries: what nobody can be reached by. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 29],
  ['192.0.0.170', 31],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['240.0.0.0', 4],
];

const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['::', 128],
  ['::1', 128],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
];

const specialIpv4 = new BlockList();
for (const [network, bits] of SPECIAL_IPV4) specialIpv4.addSubnet(network, bits, 'ipv4');
const specialIpv6 = new BlockList();
for (const [network, bits] of SPECIAL_IPV6) specialIpv6.addSubnet(network, bits, 'ipv6');

/**
 * Is the address private, loopback, link-local or otherwise set aside (documentation, benchmarks, reserved)? The
 * same answer as `is_private` of Python 3.11's `ipaddress`, which the published filter asks, but that an IPv4-mapped
 * IPv6 address counts as the IPv4 address in it (ours; Python's own later choice).
 */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return specialIpv4.check(address, 'ipv4');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return specialIpv4.check(mapped, 'ipv4');
  return isIPv6(address) && specialIpv6.check(address, 'ipv6');
}
