/** Made-up secrets planted in real code, so that a demonstration and a test know what there is to find. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Document } from '../data/documents.js';
import { UniqueIds } from '../data/unique-ids.js';
import { InputError } from '../errors.js';
import { deriveSeed, Random } from '../random.js';
import { mentionsHashes } from '../secrets/detectors/false-positives.js';
import { filterSecrets } from '../secrets/filter.js';
import { scanSecrets } from '../secrets/scan.js';
import type { Secret } from '../secrets/secret.js';
import { type Language, languageOf } from './languages.js';
import { PLANT_KINDS, type PlantKind, plantedLine } from './made-up-secrets.js';

export interface PlantSecretsOptions {
  /** Default: 42. */
  readonly seed?: number | undefined;
  /** How many of the documents get secrets. Integer >= 1. Default: all that can. */
  readonly count?: number | undefined;
  /** Secrets per document. Integer 1..20. Default: 2. */
  readonly perDocument?: number | undefined;
  /** What to plant; the first document gets the first kinds, and so on in turn. Default: all kinds. */
  readonly kinds?: readonly PlantKind[] | undefined;
  /**
   * Plant at offsets up to this one only (UTF-16 code units of the original text), so that a model which sees the
   * beginning of a document sees its secrets. Integer >= 0. Default: anywhere.
   */
  readonly within?: number | undefined;
}

export interface PlantSecretsResult {
  /** All documents in their order; those that were planted have a new text. */
  readonly documents: readonly Document[];
  /** What was planted, in the order of the documents; offsets are those of the new texts. */
  readonly planted: readonly { readonly id: string; readonly secrets: readonly Secret[] }[];
}

const schema = z.strictObject({
  seed: z.int().default(42),
  count: z.int().min(1).optional(),
  perDocument: z.int().min(1).max(20).default(2),
  kinds: z
    .array(z.enum(Object.keys(PLANT_KINDS) as [PlantKind, ...PlantKind[]]))
    .min(1)
    .default(Object.keys(PLANT_KINDS) as PlantKind[]),
  within: z.int().min(0).default(Number.MAX_SAFE_INTEGER),
});

/**
 * Plants seeded secrets, none of which opens anything, as lines of code or comments between the lines of documents
 * whose language is known by their path (or id). Every one of them is found by {@link scanSecrets} and kept by
 * {@link filterSecrets}. A document in which the scanner finds no keys by rule, because it speaks of hashes, is left
 * alone, as is one of an unknown language.
 *
 * @throws InputError `ERR_INVALID_OPTION` if fewer documents can be planted than `count`; `ERR_FILE_FORMAT` for two
 *   documents of one id, which would be given the same secrets
 */
export function plantSecrets(
  documents: readonly Document[],
  options: PlantSecretsOptions = {},
): PlantSecretsResult {
  const { seed, count, perDocument, kinds, within } = check(schema, options, 'options of plantSecrets');
  const ids = new UniqueIds();
  for (const [i, { id }] of documents.entries()) ids.add(id, `document ${i + 1}`);
  const suitable = documents.filter(
    ({ id, path, text }) => languageOf(path ?? id) !== undefined && !mentionsHashes(text),
  );
  if (count !== undefined && suitable.length < count) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least ${count} documents of a known language that do not speak of hashes but found ${suitable.length} among ${documents.length}.`,
    );
  }
  const chosen = new Set(new Random(deriveSeed(seed, 'plant')).shuffle(suitable).slice(0, count));
  const planted: { id: string; secrets: Secret[] }[] = [];
  let next = 0;
  const texts = documents.map((document) => {
    if (!chosen.has(document)) return document;
    const random = new Random(deriveSeed(seed, 'plant', document.id));
    const language = languageOf(document.path ?? document.id)!;
    const places = plantingPlaces(document.text, language, within);
    const lines = Array.from({ length: perDocument }, () => {
      const kind = kinds[next++ % kinds.length]!;
      return { offset: random.pick(places), ...recognizedLine(kind, language, random) };
    }).sort((a, b) => a.offset - b.offset);
    const text = insert(document.text, lines);
    const values = new Set(lines.map(({ value }) => value));
    const secrets = filterSecrets(scanSecrets(text)).filter(({ value }) => values.has(value));
    planted.push({ id: document.id, secrets });
    return { ...document, text };
  });
  return { documents: texts, planted };
}

/** A line whose secret the scanner recognizes: a random key now and then reads as a word or a sequence. */
function recognizedLine(
  kind: PlantKind,
  language: Language,
  random: Random,
): { line: string; value: string } {
  for (;;) {
    const planted = plantedLine(kind, language, random);
    const [found] = filterSecrets(scanSecrets(planted.line));
    if (found?.value === planted.value) return planted;
  }
}

/**
 * Offsets, none above `within`, of line starts at which a line of the top level can stand: after a blank line and before
 * one that begins in the first column with a word; failing that, before any line that does; failing that, the end of
 * the text; failing that, its start.
 */
function plantingPlaces(text: string, language: Language, within: number): number[] {
  const afterBlank: number[] = [];
  const others: number[] = [];
  let comment: string | undefined;
  let previous = '';
  let offset = 0;
  for (const line of text.split(/(?<=\n)/)) {
    // The first line may be a hash-bang or a directive, which has to stay the first.
    if (comment === undefined && offset > 0 && offset <= within && /^[A-Za-z_$]/.test(line)) {
      (previous.trim() === '' ? afterBlank : others).push(offset);
    }
    comment = openComment(line, comment, language);
    previous = line;
    offset += line.length;
  }
  if (afterBlank.length > 0) return afterBlank;
  if (others.length > 0) return others;
  return [text.endsWith('\n') && text.length <= within ? text.length : 0];
}

/** The end that an open block comment still waits for after a line, if any. Strings are not looked into. */
function openComment(line: string, open: string | undefined, language: Language): string | undefined {
  if (open !== undefined) return line.includes(open) ? undefined : open;
  const block = language.block.find(([start]) => line.trimStart().startsWith(start));
  return block === undefined || line.includes(block[1], line.indexOf(block[0]) + block[0].length)
    ? undefined
    : block[1];
}

function insert(text: string, lines: readonly { offset: number; line: string }[]): string {
  let out = '';
  let copied = 0;
  for (const { offset, line } of lines) {
    out += `${text.slice(copied, offset)}${line}\n`;
    copied = offset;
  }
  return out + text.slice(copied);
}
