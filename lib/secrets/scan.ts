/** The scanner: every occurrence of every e-mail address, IP address and key in a text. */
import { continuesBeyond, ESCAPE } from './detectors/boundaries.js';
import { findEmails } from './detectors/email.js';
import { isHarmlessValue, isStandIn, LineContext, mentionsHashes } from './detectors/false-positives.js';
import { findIpv4, findIpv6 } from './detectors/ip-address.js';
import { KEY_RULES, type KeyRule } from './detectors/rules.js';
import { filterSecrets } from './filter.js';
import { type Find, findOccurrences, resolveOverlaps } from './occurrences.js';
import { SECRET_TAGS, type Secret, type SecretTag } from './secret.js';

export interface ScanOptions {
  /** What to look for. Default: all three tags. */
  readonly tags?: readonly SecretTag[] | undefined;
}

const ESCAPES_AT_EITHER_END = new RegExp(`^(?:${ESCAPE}|\\\\)+|(?:${ESCAPE}|\\\\)+$`, 'g');

/** What is found by its randomness alone yields to every other kind of find: more than there are kinds. */
const EVERY_OTHER = 1000;

/** A value with what says that it is a secret. */
interface Detection {
  readonly tag: SecretTag;
  readonly type: string;
  /** Smaller wins where two detections have the same extent. */
  readonly precedence: number;
}

/**
 * Finds the sensitive values of a text and every place where each of them stands (REFERENCE section 6.1; key types are
 * detect-secrets' names). Offsets count UTF-16 code units. No two records overlap; they come in order of start. Time is
 * linear in the length of the text, whatever it holds. What is found still wants {@link filterSecrets}.
 */
export function scanSecrets(text: string, options: ScanOptions = {}): Secret[] {
  const tags = new Set(options.tags ?? SECRET_TAGS);
  const detections = new Map<string, Detection>();
  const detect = (value: string, detection: Detection): void => {
    const known = detections.get(value);
    if (known === undefined || detection.precedence < known.precedence) detections.set(value, detection);
  };
  if (tags.has('KEY')) {
    for (const { rule, value } of rejectFalseKeys(text, findKeys(text))) {
      const precedence = KEY_RULES.indexOf(rule) + (rule.evidence === 'entropy' ? EVERY_OTHER : 0);
      detect(value, { tag: 'KEY', type: rule.type, precedence });
    }
  }
  if (tags.has('EMAIL')) {
    for (const { value } of findEmails(text)) {
      detect(value, { tag: 'EMAIL', type: 'Email Address', precedence: KEY_RULES.length });
    }
  }
  if (tags.has('IP_ADDRESS')) {
    const precedence = KEY_RULES.length + 1;
    for (const { value } of findIpv4(text))
      detect(value, { tag: 'IP_ADDRESS', type: 'IPv4 Address', precedence });
    for (const { value } of findIpv6(text))
      detect(value, { tag: 'IP_ADDRESS', type: 'IPv6 Address', precedence });
  }
  const found: Find[] = [];
  for (const { value, start } of findOccurrences(text, new Set(detections.keys()))) {
    const { tag, type, precedence } = detections.get(value)!;
    const end = start + value.length;
    // A key is as secret inside a longer word; 8.8.8.8 in 18.8.8.80 is another address.
    if (tag !== 'KEY' && continuesBeyond(text, start, end)) continue;
    found.push({ secret: { tag, type, value, start, end }, precedence, yields: precedence >= EVERY_OTHER });
  }
  return resolveOverlaps(found, text.length);
}

/** The values of a text that nobody should read by chance: what {@link scanSecrets} finds and {@link filterSecrets} keeps. */
export function findValuesToHide(text: string): Set<string> {
  return new Set(filterSecrets(scanSecrets(text)).map(({ value }) => value));
}

export interface KeyFinding {
  readonly rule: KeyRule;
  readonly value: string;
  readonly start: number;
}

/** What the rules match, before anything is told about false positives; each value once per rule. */
export function* findKeys(text: string): Generator<KeyFinding> {
  const lower = text.toLowerCase();
  for (const rule of KEY_RULES) {
    if (rule.literal !== undefined && !lower.includes(rule.literal)) continue;
    const seen = new Set<string>();
    for (const match of text.matchAll(rule.pattern)) {
      const value = withoutEscapes(match.groups?.value ?? match[0]);
      if (seen.has(value)) continue;
      seen.add(value);
      if (rule.isValid?.(value) === false) continue;
      yield { rule, value, start: match.index + match[0].indexOf(value) };
    }
  }
}

/** `sk_live_...\\n` in quotes: an escape sequence, or its backslash, at either end is no part of a key. */
function withoutEscapes(value: string): string {
  return value.includes('\\') ? value.replace(ESCAPES_AT_EITHER_END, '') : value;
}

/**
 * Drops the finds of REFERENCE section 6.1's list of false positives, judged at each value's first place. (ours) What only
 * a key looks like is one, in a text about hashes and on a line about them too.
 */
function* rejectFalseKeys(text: string, findings: Iterable<KeyFinding>): Generator<KeyFinding> {
  const lines = new LineContext(text);
  const aboutHashes = mentionsHashes(text);
  for (const finding of findings) {
    const { rule, value, start } = finding;
    if (rule.evidence === undefined) {
      if (!isStandIn(value)) yield finding;
    } else if (!aboutHashes && !isHarmlessValue(value) && !lines.isLikelyId(rule, start)) {
      if (!lines.isLikelyHash(start, start + value.length)) yield finding;
    }
  }
}
