/**
 * No page gives a secret away: random secrets are hidden in all fields of random reports, whole and in part, in
 * another case, escaped, over lines; and no run of six characters of the body of one may be read from the page.
 */
import { describe, expect, it } from 'vitest';
import type { FingerprintRecord } from '../../lib/memorization/analysis/summary.js';
import { Random } from '../../lib/random.js';
import type { ReportInput, ReportSecret } from '../../lib/report/input.js';
import { renderMemorization } from '../../lib/report/memorization/render.js';
import { renderReport } from '../../lib/report/render.js';
import { bodyOf } from '../../lib/secrets/masking/secret-body.js';
import { findValuesToHide } from '../../lib/secrets/scan.js';
import { elements, find, parseMarkup, textOf } from './markup.js';
import { sampleMemorization } from './memorization/sample.js';
import { sampleReport } from './sample.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function makeSecret(random: Random): string {
  const draw = (length: number, from = ALPHABET) =>
    Array.from({ length }, () => from[random.integer(from.length)]).join('');
  // Without vowels: no part of one is a part of a sentence of the page.
  const lower = () => draw(8, 'bcdfghjkmnpqrstvwxz');
  return random.pick([
    () => `ghp_${draw(36)}`,
    () => `AKIA${draw(16, ALPHABET.slice(0, 26))}`,
    () => `sk_live_${draw(24)}`,
    () => `xoxb-${draw(12, '123456789')}-${draw(12, '123456789')}-${draw(24)}`,
    () => `${lower()}.${lower()}@${lower()}.org`,
    () => `https://${lower()}:${draw(12)}@${lower()}.net/`,
    () => `${draw(9)}"<&>'\\%${draw(9)}`,
    () => draw(8, '0123456789abcdef'),
  ])();
}

/** The secret, or a part of it, as someone might write it. */
function write(secret: string, random: Random): string {
  const start = random.integer(2) * random.integer(secret.length);
  const part = secret.slice(start, start + Math.max(1, random.integer(secret.length + 1)));
  const each = (map: (character: string, code: number) => string) =>
    Array.from(part, (character) => map(character, character.charCodeAt(0))).join('');
  return random.pick([
    () => part,
    () => part.toUpperCase(),
    () => JSON.stringify(part),
    () => encodeURIComponent(part),
    () => each((_, code) => `\\u${code.toString(16).padStart(4, '0')}`),
    () => each((character, code) => (random.integer(2) ? `&#${code};` : character)),
    () => each((character) => (random.integer(5) ? character : `\n  ${character}`)),
  ])();
}

/** Everything that can be read from a page but its own style and script. */
function readings(page: string): string[] {
  const root = parseMarkup(page);
  const attributes = [...elements(root)].flatMap((element) => Object.values(element.attributes));
  const data = find(root, ({ tag, attributes: { type } }) => tag === 'script' && type === 'application/json');
  const code = find(root, ({ tag, attributes: { type } }) => tag === 'style' || (tag === 'script' && !type));
  let raw = page;
  for (const { children } of code) raw = raw.replace(children[0] as string, '');
  const strings: string[] = [];
  for (const { children } of data) collect(JSON.parse(children[0] as string), strings);
  // Tokens and lines stand in elements of their own, one after the other.
  const joined = find(root, ({ tag }) => tag === 'pre').map(textOf);
  const all = [raw, ...attributes, ...strings, ...joined];
  return all
    .flatMap((text) => [text, text.replace(/\s+/g, '')])
    .flatMap((text) => [text, decodeEscapes(text)]);
}

function collect(value: unknown, into: string[]): void {
  if (typeof value === 'string') into.push(value);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collect(inner, into);
}

function decodeEscapes(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]+);/gi, (_, a, b, c, d) =>
      String.fromCharCode(Number.parseInt(a ?? b ?? c ?? d, 16)),
    )
    .replace(/&#([0-9]+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/&(quot|lt|gt|amp);/g, (_, name: string) => ({ quot: '"', lt: '<', gt: '>', amp: '&' })[name]!)
    .replace(/\\(["\\])/g, '$1');
}

function leaksOf(page: string, secrets: readonly string[]): string[] {
  const texts = readings(page).map((text) => text.toLowerCase());
  const leaks: string[] = [];
  for (const secret of secrets) {
    const { start, end } = bodyOf(secret);
    const body = secret.slice(start, end).toLowerCase();
    for (let at = 0; at + 6 <= body.length; at++) {
      const run = body.slice(at, at + 6);
      const text = texts.find((each) => each.includes(run));
      if (text !== undefined) {
        const place = text.indexOf(run);
        leaks.push(`${run} of ${secret} in ${text.slice(Math.max(0, place - 40), place + 46)}`);
        break;
      }
    }
  }
  return leaks;
}

/** Puts one of the secrets behind every text of the value, as somebody might write it. */
function litter<T>(value: T, secrets: readonly string[], random: Random, key = ''): T {
  const fixed = [
    'phase',
    'role',
    'schedule',
    'loss',
    'tokens',
    'tag',
    'value',
    'createdAt',
    'category',
    'counting',
  ];
  if (typeof value === 'string')
    return fixed.includes(key) ? value : (`${value} ${write(random.pick(secrets), random)} ` as T);
  if (Array.isArray(value)) return value.map((item) => litter(item, secrets, random, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, litter(inner, secrets, random, name)]),
  ) as T;
}

function randomReport(random: Random): { input: ReportInput; secrets: string[] } {
  const secrets = Array.from({ length: 12 }, () => makeSecret(random));
  const sample = sampleReport();
  const known = secrets.map(
    (value, i): ReportSecret => ({
      ...sample.secrets![0]!,
      value,
      document: `src/${i}.py`,
      completion: { before: value, after: write(value, random) },
    }),
  );
  const text = `a = '${secrets[0]}' # ${secrets[1]!.slice(0, 14)}\n`;
  const cuts = Array.from({ length: text.length }, (_, i) => i).filter(
    (i) => i % 3 === 0 || i === text.length - 1,
  );
  const offsets = cuts.slice(1).flatMap((cut, i) => [cuts[i]!, cut]);
  const scores = { logprobs: cuts.slice(2).map(() => -0.1), hits: cuts.slice(2).map(() => 1) };
  const document = {
    ...sample.documents![0]!,
    text,
    offsets,
    before: scores,
    after: scores,
    secrets: [{ start: 5, end: 5 + secrets[0]!.length, type: 'x' }],
  };
  const { documents: _, ...rest } = litter({ ...sample, secrets: known }, secrets, random);
  return { input: { ...rest, documents: [document] }, secrets };
}

describe('the page of a run', () => {
  it('holds no run of six characters of any secret', () => {
    const random = new Random(17);
    for (let round = 0; round < 10; round++) {
      const { input, secrets } = randomReport(random);
      expect(leaksOf(renderReport(input, { secrets: 'redacted' }), secrets)).toEqual([]);
      expect(leaksOf(renderReport(input), secrets)).toEqual([]);
    }
  });

  it('is found out where it does', () => {
    const { input, secrets } = randomReport(new Random(17));
    expect(leaksOf(renderReport(input, { secrets: 'shown' }), secrets)).not.toEqual([]);
  });

  it('leaves what is no secret to be read', () => {
    const code =
      'def connect(host, port):\n    password = os.environ["PASSWORD"]\n    return Client(host, port, password)\n';
    const sample = sampleReport();
    const outputs = [{ id: '1', phase: 'before' as const, text: code, spans: [] }];
    const page = renderReport(sampleReport({ clones: { ...sample.clones!, outputs } }), {
      secrets: 'redacted',
    });
    expect(textOf(parseMarkup(page))).toContain('password = os.environ["PASSWORD"]');
  });
});

describe('the page of an analysis', () => {
  it('holds no run of six characters of a secret that the scanner finds in it', () => {
    const random = new Random(23);
    const secrets = [
      'AKIA68JVGPZLY1Z2D9VO',
      `ghp_${'Kq8zTn4wXy2LrVb6Jd7mPs3hGc9FuWa5Be1x'}`,
      'ines.moreau67@bluefjord.org',
    ];
    const sample = sampleMemorization();
    const blocks: FingerprintRecord[] = [
      { ...sample.blocks[0]!, text: `key = "${secrets[0]}"\ntoken: '${secrets[1]}'\n# ${secrets[2]}\n` },
      ...sample.blocks.slice(1),
    ];
    expect(findValuesToHide(blocks[0]!.text)).toEqual(new Set(secrets));
    for (let round = 0; round < 10; round++) {
      const input = litter({ ...sample, run: undefined }, secrets, random);
      const page = renderMemorization({ ...input, blocks: [blocks[0]!, ...input.blocks.slice(1)] });
      expect(leaksOf(page, secrets)).toEqual([]);
    }
    expect(leaksOf(renderMemorization({ ...sample, blocks }, { secrets: 'shown' }), secrets)).not.toEqual([]);
  });
});
