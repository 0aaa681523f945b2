/**
 * Rules of a file as a detector. Their patterns are those of Go's regexp, and run on RE2's port to JavaScript: it takes time
 * linear in the text whatever the pattern, so that none can hang a scan. A text without any of a rule's keywords is not
 * searched.
 */
import { RE2JS, type RE2JSSyntaxException } from 're2js';
import { InputError } from '../../errors.js';
import type { Detector } from '../detectors/detector.js';
import { shannonEntropy } from '../detectors/entropy.js';
import type { KeyFinding } from '../detectors/key-detector.js';
import type { AllowlistData, RuleData, RulesData } from './rules-file.js';

export interface CompiledRules {
  readonly detector: Detector<KeyFinding>;
  /** In the order of their precedence. */
  readonly ids: readonly string[];
  /** Whether a rule of Lethe's own is left on. */
  readonly keeps: (id: string) => boolean;
  /** Equal for equal rules. */
  readonly digest: string;
}

interface Candidate {
  readonly text: string;
  readonly path: string;
  readonly secret: string;
  readonly start: number;
  readonly end: number;
}

interface Compiled {
  readonly rule: KeyFinding['rule'];
  readonly pattern: RE2JS;
  readonly path: RE2JS | undefined;
  readonly group: number;
  readonly entropy: number;
  readonly allows: readonly ((candidate: Candidate) => boolean)[];
}

/** @throws InputError `ERR_FILE_FORMAT` for what is no pattern of RE2, in one sentence */
export function compileRules({ rules, allowlists, useDefault, disabled, digest }: RulesData): CompiledRules {
  const compiled = rules.map((rule): Compiled => {
    const { id, regex, path, secretGroup, entropy, file } = rule;
    const shared = allowlists.filter(
      ({ targetRules }) => targetRules.length === 0 || targetRules.includes(id),
    );
    const pattern = compile(regex, 'regex', rule);
    if (secretGroup > pattern.groupCount())
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected at most ${pattern.groupCount()}, the groups of its regex, for secretGroup of rule "${id}" in ${file} but received ${secretGroup}.`,
      );
    return {
      rule: { id, type: id, evidence: 'judged', inPlace: true },
      pattern,
      path: path === undefined ? undefined : compile(path, 'path', rule),
      group: secretGroup,
      entropy,
      allows: [...rule.allowlists, ...shared].map((list) => compileAllowlist(list, rule)),
    };
  });
  const off = new Set([...rules.map(({ id }) => id), ...disabled]);
  return {
    detector: createDetector(rules, compiled),
    ids: rules.map(({ id }) => id),
    keeps: (id) => useDefault && !off.has(id),
    digest,
  };
}

function createDetector(rules: readonly RuleData[], compiled: readonly Compiled[]): Detector<KeyFinding> {
  // Keyword -> the rules that have it. What is not ASCII cannot be looked for, and such a rule is always tried.
  const byKeyword = new Map<string, number[]>();
  const always: number[] = [];
  for (const [index, { keywords }] of rules.entries()) {
    const usable = keywords.length > 0 && keywords.every((word) => /^[\x20-\x7e]+$/.test(word));
    if (!usable) always.push(index);
    else
      for (const word of new Set(keywords.map((each) => each.toLowerCase())))
        byKeyword.set(word, [...(byKeyword.get(word) ?? []), index]);
  }
  const askers = [...byKeyword.values()];
  return {
    literals: [...byKeyword.keys()],
    begin(text, path = '') {
      const possible = new Set(always);
      return {
        at(literal) {
          for (const index of askers[literal]!) possible.add(index);
        },
        *finish() {
          for (const index of [...possible].sort((a, b) => a - b))
            yield* findBy(compiled[index]!, text, path);
        },
      };
    },
  };
}

function* findBy(rule: Compiled, text: string, path: string): Generator<KeyFinding> {
  if (rule.path !== undefined && !rule.path.matcher(path).find()) return;
  const matcher = rule.pattern.matcher(text);
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    const group = rule.group > 0 ? rule.group : firstGroup(rule.pattern, (i) => matcher.group(i));
    const secret = matcher.group(group) ?? '';
    if (secret === '') continue;
    if (rule.entropy > 0 && shannonEntropy(secret) <= rule.entropy) continue;
    if (rule.allows.some((allows) => allows({ text, path, secret, start, end }))) continue;
    yield { rule: rule.rule, value: secret, start: matcher.start(group) };
  }
}

/** As gitleaks does without secretGroup: the first group that took part, else the whole match. */
function firstGroup(pattern: RE2JS, group: (index: number) => string | null | undefined): number {
  for (let index = 1; index <= pattern.groupCount(); index++) if (group(index)) return index;
  return 0;
}

/** Whether a candidate is none of those looked for. */
function compileAllowlist(list: AllowlistData, rule: RuleData): (candidate: Candidate) => boolean {
  const regexes = list.regexes.map((regex) => compile(regex, 'an allowlist', rule));
  const paths = list.paths.map((path) => compile(path, 'an allowlist', rule));
  const words = list.stopwords.map((word) => word.toLowerCase());
  const checks: ((candidate: Candidate) => boolean)[] = [];
  if (regexes.length > 0)
    checks.push((candidate) => {
      const target = targetOf(candidate, list.regexTarget);
      return regexes.some((regex) => regex.matcher(target).find());
    });
  if (paths.length > 0) checks.push(({ path }) => paths.some((each) => each.matcher(path).find()));
  if (words.length > 0)
    checks.push(({ secret }) => {
      const folded = secret.toLowerCase();
      return words.some((word) => folded.includes(word));
    });
  if (checks.length === 0) return () => false;
  const all = list.condition === 'AND' || list.condition === '&&';
  return (candidate) =>
    all ? checks.every((check) => check(candidate)) : checks.some((check) => check(candidate));
}

/** A line is cut here: allowlists are about what stands beside a secret, and minified files are one line. */
const LINE_REACH = 2000;

function targetOf({ text, secret, start, end }: Candidate, target: AllowlistData['regexTarget']): string {
  if (target === 'match') return text.slice(start, end);
  if (target !== 'line') return secret;
  const before = text.lastIndexOf('\n', start - 1) + 1;
  const after = text.indexOf('\n', end);
  return text.slice(
    Math.max(before, start - LINE_REACH),
    Math.min(after === -1 ? text.length : after, end + LINE_REACH),
  );
}

function compile(pattern: string, what: string, { id, file }: RuleData): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason = (cause as RE2JSSyntaxException).message.replace(/^error parsing regexp: /, '');
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a pattern of RE2 for ${what} of rule "${id}" in ${file} but found ${reason}.`,
      { remedy: 'RE2 has no look-around and no back-references: it never backtracks.', cause },
    );
  }
}
