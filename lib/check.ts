/** Checks of values that come from outside: one sentence for every bad value, misspelled options named. */
import type * as z from 'zod';
import { InputError } from './errors.js';

/**
 * Parses `value` with `schema` and returns the result.
 * `what` names the thing in the message, e.g. `options of generate` or `config.json`.
 *
 * @throws InputError `ERR_INVALID_OPTION`, e.g. `Expected a number >= 0 for temperature in options of generate but received "hot" of type string.`
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new OptionError(result.error.issues[0]!, value, what);
}

/** A bad value among options, which the command line says again with the name that its user typed. */
export class OptionError extends InputError {
  /** Where the value stands in the options, e.g. `['optimizer', 'learningRate']`; empty if they are wrong as a whole. */
  readonly path: readonly string[];
  readonly #issue: z.core.$ZodIssue;
  readonly #value: unknown;

  constructor(issue: z.core.$ZodIssue, value: unknown, what: string) {
    super('ERR_INVALID_OPTION', describeIssue(issue, value, what));
    this.path = issue.path.map(String);
    this.#issue = issue;
    this.#value = value;
  }

  /** The sentence with `name` for the value, e.g. `--learning-rate`. */
  sentenceFor(name: string): string {
    return sentence(this.#issue, this.#value, name);
  }
}

/** One sentence for the first issue that zod found. */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown, what: string): string {
  const path = issue.path.map(String).join('.');
  return sentence(issue, value, path === '' ? what : `${path} in ${what}`);
}

function sentence(issue: z.core.$ZodIssue, value: unknown, where: string): string {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.keys.map((key) => `"${key}"`).join(', ');
    return `Expected only known keys in ${where} but received ${known}.`;
  }
  const received = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  // What stands in a list of secrets is not for messages, whatever is wrong with it.
  const shown = issue.path.includes('secrets') ? describeType(received) : describe(received);
  return `Expected ${expectation(issue)} for ${where} but received ${shown}.`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected === 'int' ? 'integer' : issue.expected);
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? '>' : '>=', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? '<' : '<=', issue.maximum);
    case 'invalid_value':
      return `one of ${issue.values.map((item) => JSON.stringify(item)).join(', ')}`;
    default:
      return issue.message.replace(/^Invalid input: expected /, '');
  }
}

function bound(origin: string, sign: string, limit: number | bigint): string {
  const sized: Readonly<Record<string, string>> = {
    string: 'characters',
    array: 'items',
    set: 'items',
    map: 'entries',
  };
  return origin in sized
    ? `${article(origin)} of ${sign} ${limit} ${sized[origin]}`
    : `a number ${sign} ${limit}`;
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

function describeType(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
}

/** A value and its type for a message, cut short: `"hot" of type string`. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const type = Array.isArray(value) ? 'array' : typeof value;
  let shown: string;
  if (typeof value === 'function') shown = value.name || 'a function';
  else if (typeof value === 'bigint') shown = `${value}n`;
  else if (typeof value === 'object') shown = shorten(safeJson(value));
  else shown = typeof value === 'string' ? shorten(JSON.stringify(value)) : String(value);
  return `${shown} of type ${type}`;
}

function safeJson(value: object): string {
  try {
    return JSON.stringify(value, withoutLongTexts) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Characters of the longest text within a value that is quoted: a longer one may be a document, or a secret. */
const QUOTED = 16;

function withoutLongTexts(_key: string, inner: unknown): unknown {
  return typeof inner === 'string' && inner.length > QUOTED ? '...' : inner;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
