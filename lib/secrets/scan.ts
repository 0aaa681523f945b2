/** The scanner: every occurrence of every e-mail address, IP address and key in a text. */
import { continuesBeyond } from './detectors/boundaries.js';
import { type Detector, DetectorSet, type Finding } from './detectors/detector.js';
import { EMAILS } from './detectors/email.js';
import { isHarmlessValue, isStandIn, LineContext, mentionsHashes } from './detectors/false-positives.js';
import { IPV4_ADDRESSES, IPV6_ADDRESSES } from './detectors/ip-address.js';
import { createKeyDetector, type KeyFinding } from './detectors/key-detector.js';
import { QUOTED_RULES, QUOTED_STRINGS } from './detectors/quoted-strings.js';
import { KEY_RULES } from './detectors/rules.js';
import { filterSecrets } from './filter.js';
import { type Find, findOccurrences, resolveOverlaps } from './occurrences.js';
import { SECRET_TAGS, type Secret, type SecretTag } from './secret.js';

export interface ScanOptions {
  /** What to look for. Default: all three tags. */
  readonly tags?: readonly SecretTag[] | undefined;
}

/** What is found by its randomness alone yields to every other kind of find: more than there are kinds. */
const EVERY_OTHER = 1000;

/** Where two kinds of find have the same extent, the earlier one names it. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  [...KEY_RULES, ...QUOTED_RULES].map(({ id, evidence }, index) => [
    id,
    index + (evidence === 'entropy' ? EVERY_OTHER : 0),
  ]),
);

/** A value with what says that it is a secret. */
interface Detection {
  readonly tag: SecretTag;
  readonly type: string;
  /** Smaller wins where two detections have the same extent. */
  readonly precedence: number;
}

interface Kind {
  readonly tag: SecretTag;
  readonly detector: Detector<Finding>;
  /** What is left of its finds in a text, and what says that each is a secret. */
  readonly judge: (text: string, found: Iterable<Finding>) => Iterable<readonly [string, Detection]>;
}

const judgeKeys: Kind['judge'] = function* (text, found) {
  for (const { rule, value } of rejectFalseKeys(text, found as Iterable<KeyFinding>))
    yield [value, { tag: 'KEY', type: rule.type, precedence: PRECEDENCE.get(rule.id)! }];
};

function address(tag: SecretTag, type: string, detector: Detector<Finding>, place: number): Kind {
  const detection = { tag, type, precedence: KEY_RULES.length + place };
  return { tag, detector, judge: (_, found) => [...found].map(({ value }) => [value, detection] as const) };
}

const KINDS: readonly Kind[] = [
  { tag: 'KEY', detector: createKeyDetector(KEY_RULES), judge: judgeKeys },
  { tag: 'KEY', detector: QUOTED_STRINGS, judge: judgeKeys },
  address('EMAIL', 'Email Address', EMAILS, 0),
  address('IP_ADDRESS', 'IPv4 Address', IPV4_ADDRESSES, 1),
  address('IP_ADDRESS', 'IPv6 Address', IPV6_ADDRESSES, 1),
];

/** By the tags asked for. */
const detectorSets = new Map<
  string,
  { readonly kinds: readonly Kind[]; readonly set: DetectorSet<Finding> }
>();

function detectorsOf(tags: readonly SecretTag[]) {
  const name = SECRET_TAGS.filter((tag) => tags.includes(tag)).join();
  const known = detectorSets.get(name);
  if (known !== undefined) return known;
  const kinds = KINDS.filter(({ tag }) => tags.includes(tag));
  const made = { kinds, set: new DetectorSet(kinds.map(({ detector }) => detector)) };
  detectorSets.set(name, made);
  return made;
}

/**
 * Finds the sensitive values of a text and every place where each of them stands (REFERENCE section 6.1; key types are
 * detect-secrets' names). Offsets count UTF-16 code units. No two records overlap; they come in order of start. Time is
 * linear in the length of the text, whatever it holds. What is found still wants {@link filterSecrets}.
 */
export function scanSecrets(text: string, options: ScanOptions = {}): Secret[] {
  const { kinds, set } = detectorsOf(options.tags ?? SECRET_TAGS);
  const detections = new Map<string, Detection>();
  for (const [index, found] of set.findAll(text).entries()) {
    if (found.length === 0) continue;
    for (const [value, detection] of kinds[index]!.judge(text, found)) {
      const known = detections.get(value);
      if (known === undefined || detection.precedence < known.precedence) detections.set(value, detection);
    }
  }
  if (detections.size === 0) return [];
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

export interface ScanSettings {
  readonly tags: readonly SecretTag[];
  /** Whether {@link filterSecrets} follows. */
  readonly filter: boolean;
}

/** What a scan of documents reports of one text. */
export function scanText(text: string, { tags, filter }: ScanSettings): Secret[] {
  const found = scanSecrets(text, { tags });
  return filter ? filterSecrets(found) : found;
}

/** The values of a text that nobody should read by chance: what {@link scanSecrets} finds and {@link filterSecrets} keeps. */
export function findValuesToHide(text: string): Set<string> {
  return new Set(filterSecrets(scanSecrets(text)).map(({ value }) => value));
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
    if (rule.evidence === undefined) {
      if (!isStandIn(value)) yield finding;
    } else if (!isHarmlessValue(value)) {
      aboutHashes ??= mentionsHashes(text);
      if (aboutHashes) continue;
      lines ??= new LineContext(text);
      if (!lines.isLikelyId(rule, start) && !lines.isLikelyHash(start, start + value.length)) yield finding;
    }
  }
}
