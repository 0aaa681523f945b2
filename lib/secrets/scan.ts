/** The scanner: every occurrence of every e-mail address, IP address and key in a text. */
import { continuesBeyond } from './detectors/boundaries.js';
import { type Detector, DetectorSet, type Finding } from './detectors/detector.js';
import { EMAILS } from './detectors/email.js';
import { isHarmlessValue, isStandIn, LineContext, mentionsHashes } from './detectors/false-positives.js';
import { IPV4_ADDRESSES, IPV6_ADDRESSES } from './detectors/ip-address.js';
import { createKeyDetector, type KeyFinding } from './detectors/key-detector.js';
import { createQuotedDetector, QUOTED_RULES } from './detectors/quoted-strings.js';
import { KEY_RULES } from './detectors/rules.js';
import { filterSecrets } from './filter.js';
import { type Find, findOccurrences, resolveOverlaps } from './occurrences.js';
import type { CompiledRules } from './rules-file/compile-rules.js';
import { SECRET_TAGS, type Secret, type SecretTag } from './secret.js';

export interface ScanOptions {
  /** What to look for. Default: all three tags. */
  readonly tags?: readonly SecretTag[] | undefined;
  /** Rules of a file for keys, beside or instead of Lethe's own. */
  readonly rules?: CompiledRules | undefined;
  /** Of the document, for rules that mind it. */
  readonly path?: string | undefined;
}

/** A value with what says that it is a secret. */
interface Detection {
  readonly tag: SecretTag;
  readonly type: string;
  /** Smaller wins where two detections have the same extent. */
  readonly precedence: number;
  /** Whether it is a secret where it was found only: an ordinary word may be a password, and is a word elsewhere. */
  readonly inPlace: boolean;
}

/** More than there are rules: addresses come after keys, what is found by its randomness alone yields to all others. */
const EVERY_KEY = 1e6;
const EVERY_OTHER = 2e6;

interface Kind {
  readonly tag: SecretTag;
  readonly detector: Detector<Finding>;
  /** What is left of its finds in a text, and what says that each is a secret. */
  readonly judge: (text: string, found: Iterable<Finding>) => Iterable<readonly [Finding, Detection]>;
}

/** In this order: where two kinds of find have the same extent, the earlier one names it. */
function keyKinds(rules: CompiledRules | undefined): Kind[] {
  const own = rules === undefined ? KEY_RULES : KEY_RULES.filter(({ id }) => rules.keeps(id));
  const quoted = rules === undefined ? QUOTED_RULES : QUOTED_RULES.filter(({ id }) => rules.keeps(id));
  const ids = [...own.map(({ id }) => id), ...(rules?.ids ?? [])];
  const precedences = new Map<string, number>([
    ...ids.map((id, index) => [id, index] as const),
    ...quoted.map(({ id }, index) => [id, EVERY_OTHER + index] as const),
  ]);
  const judge: Kind['judge'] = function* (text, found) {
    for (const finding of rejectFalseKeys(text, found as Iterable<KeyFinding>)) {
      const { id, type, inPlace = false } = finding.rule;
      yield [finding, { tag: 'KEY', type, precedence: precedences.get(id)!, inPlace }];
    }
  };
  const detectors = [createKeyDetector(own), createQuotedDetector(quoted)];
  if (rules !== undefined) detectors.push(rules.detector);
  return detectors.map((detector) => ({ tag: 'KEY', detector, judge }));
}

function address(tag: SecretTag, type: string, detector: Detector<Finding>): Kind {
  const detection = { tag, type, precedence: EVERY_KEY, inPlace: false };
  return { tag, detector, judge: (_, found) => [...found].map((finding) => [finding, detection] as const) };
}

const ADDRESSES: readonly Kind[] = [
  address('EMAIL', 'Email Address', EMAILS),
  address('IP_ADDRESS', 'IPv4 Address', IPV4_ADDRESSES),
  address('IP_ADDRESS', 'IPv6 Address', IPV6_ADDRESSES),
];

interface Scanner {
  readonly kinds: readonly Kind[];
  readonly set: DetectorSet<Finding>;
}

/** By the tags and rules asked for. */
const scanners = new Map<string, Scanner>();

function scannerOf(tags: readonly SecretTag[], rules: CompiledRules | undefined): Scanner {
  const name = `${SECRET_TAGS.filter((tag) => tags.includes(tag))} ${rules?.digest}`;
  const known = scanners.get(name);
  if (known !== undefined) return known;
  const kinds = [...keyKinds(rules), ...ADDRESSES].filter(({ tag }) => tags.includes(tag));
  const made = { kinds, set: new DetectorSet(kinds.map(({ detector }) => detector)) };
  scanners.set(name, made);
  return made;
}

/**
 * Finds the sensitive values of a text and every place where each of them stands (REFERENCE section 6.1; key types are
 * detect-secrets' names). Offsets count UTF-16 code units. No two records overlap; they come in order of start. Time is
 * linear in the length of the text, whatever it holds. What is found still wants {@link filterSecrets}.
 */
export function scanSecrets(text: string, options: ScanOptions = {}): Secret[] {
  const { kinds, set } = scannerOf(options.tags ?? SECRET_TAGS, options.rules);
  const detections = new Map<string, Detection>();
  const found: Find[] = [];
  const take = (value: string, start: number, { tag, type, precedence }: Detection): void => {
    const secret = { tag, type, value, start, end: start + value.length };
    found.push({ secret, precedence, yields: precedence >= EVERY_OTHER });
  };
  for (const [index, findings] of set.findAll(text, options.path).entries()) {
    if (findings.length === 0) continue;
    for (const [{ value, start }, detection] of kinds[index]!.judge(text, findings)) {
      const known = detections.get(value);
      if (detection.inPlace) take(value, start, detection);
      else if (known === undefined || detection.precedence < known.precedence)
        detections.set(value, detection);
    }
  }
  for (const { value, start } of findOccurrences(text, new Set(detections.keys()))) {
    const detection = detections.get(value)!;
    // A key is as secret inside a longer word; 8.8.8.8 in 18.8.8.80 is another address.
    if (detection.tag !== 'KEY' && continuesBeyond(text, start, start + value.length)) continue;
    take(value, start, detection);
  }
  return resolveOverlaps(found, text.length);
}

/** What a scan of documents reports of one text: {@link filterSecrets} follows if that is asked for. */
export function scanText(
  text: string,
  { filter, ...options }: ScanOptions & { readonly filter: boolean },
): Secret[] {
  const found = scanSecrets(text, options);
  return filter ? filterSecrets(found) : found;
}

/** The values of a text that nobody should read by chance: what {@link scanSecrets} finds and {@link filterSecrets} keeps. */
export function findValuesToHide(text: string): Set<string> {
  return new Set(scanText(text, { filter: true }).map(({ value }) => value));
}

/**
 * Drops the finds of REFERENCE section 6.1's list of false positives, judged at each value's first place. (ours) What only
 * a key looks like is one, in a text about hashes and on a line about them too.
 */
function* rejectFalseKeys(text: string, findings: Iterable<KeyFinding>): Generator<KeyFinding> {
  let lines: LineContext | undefined;
  let aboutHashes: boolean | undefined;
  for (const finding of findings) {
    const { rule, value, start } = finding;
    if (rule.evidence === 'judged') yield finding;
    else if (rule.evidence === undefined) {
      if (!isStandIn(value)) yield finding;
    } else if (!isHarmlessValue(value)) {
      aboutHashes ??= mentionsHashes(text);
      if (aboutHashes) continue;
      lines ??= new LineContext(text);
      if (!lines.isLikelyId(rule, start) && !lines.isLikelyHash(start, start + value.length)) yield finding;
    }
  }
}
