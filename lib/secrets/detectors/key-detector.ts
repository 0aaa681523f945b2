/** What the key rules match, before anything is told about false positives. */
import { ESCAPE } from './boundaries.js';
import type { Detector, Finding } from './detector.js';
import type { KeyRule } from './rules.js';

export interface KeyFinding extends Finding {
  readonly rule: {
    readonly id: string;
    readonly type: string;
    /** As of a {@link KeyRule}; `judged`: its rule has told already what is no key. */
    readonly evidence?: KeyRule['evidence'] | 'judged';
    readonly inPlace?: true;
  };
}

const ESCAPES_AT_EITHER_END = new RegExp(`^(?:${ESCAPE}|\\\\)+|(?:${ESCAPE}|\\\\)+$`, 'g');

/** `sk_live_...\\n` in quotes: an escape sequence, or its backslash, at either end is no part of a key. */
export function withoutEscapes(value: string): string {
  return value.includes('\\') ? value.replace(ESCAPES_AT_EITHER_END, '') : value;
}

/** The rules that one literal is for and that ask the same before they are tried. */
interface Trial {
  readonly holds: KeyRule['holds'];
  readonly rules: {
    readonly index: number;
    /** As it has to stand there; undefined where the pattern folds case. */
    readonly exactly: string | undefined;
    /** The pattern for the literal's place; undefined where a match may begin elsewhere. */
    readonly sticky: RegExp | undefined;
  }[];
}

/** Each value once per rule, with its first place under that rule. */
export function createKeyDetector(rules: readonly KeyRule[]): Detector<KeyFinding> {
  const trials = new Map<string, Trial[]>();
  for (const [index, { literals, holds, begins, pattern }] of rules.entries()) {
    const sticky = begins ? new RegExp(pattern.source, pattern.flags.replace('g', 'y')) : undefined;
    for (const literal of literals) {
      const ofLiteral = trials.get(literal.toLowerCase()) ?? [];
      trials.set(literal.toLowerCase(), ofLiteral);
      let trial = ofLiteral.find((other) => other.holds === holds);
      if (trial === undefined) {
        trial = { holds, rules: [] };
        ofLiteral.push(trial);
      }
      trial.rules.push({ index, exactly: pattern.ignoreCase ? undefined : literal, sticky });
    }
  }
  const byLiteral = [...trials.values()];
  return {
    literals: [...trials.keys()],
    begin(text) {
      // Of each rule: where its last match ended, or Infinity once the whole text is to be searched.
      const searchedTo = new Float64Array(rules.length);
      const found: KeyFinding[] = [];
      const seen = new Set<string>();
      const take = (index: number, match: RegExpExecArray): void => {
        const rule = rules[index]!;
        const value = withoutEscapes(match.groups?.value ?? match[0]);
        const name = `${index} ${value}`;
        if (seen.has(name) && !rule.inPlace) return;
        seen.add(name);
        if (rule.isValid?.(value) === false) return;
        // Where a user and a password are the same, the password comes later.
        const within = rule.inPlace ? match[0].lastIndexOf(value) : match[0].indexOf(value);
        found.push({ rule, value, start: match.index + within });
      };
      return {
        at(literal, start) {
          for (const { holds, rules } of byLiteral[literal]!) {
            if (holds !== undefined && !holds(text, start)) continue;
            for (const { index, exactly, sticky } of rules) {
              if (start < searchedTo[index]!) continue;
              if (exactly !== undefined && !text.startsWith(exactly, start)) continue;
              if (sticky === undefined) {
                searchedTo[index] = Number.POSITIVE_INFINITY;
                continue;
              }
              sticky.lastIndex = start;
              const match = sticky.exec(text);
              if (match === null) continue;
              searchedTo[index] = sticky.lastIndex;
              take(index, match);
            }
          }
        },
        finish() {
          for (const [index, { pattern }] of rules.entries())
            if (searchedTo[index] === Number.POSITIVE_INFINITY)
              for (const match of text.matchAll(pattern)) take(index, match);
          return found;
        },
      };
    },
  };
}
