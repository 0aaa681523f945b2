/** What commands read: records of `{id, text}`, `{id, tokens}` or `{id, messages}` in any format, and what becomes of them before a model sees them. */
import * as z from 'zod';
import { describe, describeIssue } from '../../check.js';
import { inputFormat, readInput } from '../../data/input-records.js';
import { type RecordId, recordIdSchema, showId } from '../../data/record-id.js';
import { requireRecords } from '../../data/require-records.js';
import { UniqueIds } from '../../data/unique-ids.js';
import { InputError } from '../../errors.js';
import { parseJson } from '../../json.js';
import type { ChatTemplate } from '../../model/chat/chat-template.js';
import type { Model, Tokens } from '../../model/model.js';
import type { Encoding, Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { locateSecrets, type OffsetUnit } from '../../secrets/locate-secrets.js';
import { type Secret, secretSchema } from '../../secrets/secret.js';

const recordSchema = z.looseObject({
  id: recordIdSchema.optional(),
  text: z.string().optional(),
  content: z.string().optional(),
  tokens: z.array(z.int().min(0)).optional(),
  /** A conversation, which the model's chat template makes a text of. */
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .optional(),
  tools: z.array(z.unknown()).nullish(),
  secrets: z.array(secretSchema).optional(),
  /** 1 for each token that is part of a secret; for records that bring tokens. */
  mask: z.array(z.int().min(0).max(1)).optional(),
});

export interface InputRecord {
  /** As given; the line number where none is. No other record of the input has it. */
  readonly id: RecordId;
  /** Whether the id was given. */
  readonly named: boolean;
  /** Exactly one of `text` and `tokens` is there. */
  readonly text?: string;
  /** The text was made by a chat template, and holds its special tokens. */
  readonly rendered?: true;
  readonly tokens?: Tokens;
  /** Where the secrets of `text` lie: compared with it, and with offsets in UTF-16 code units. */
  readonly secrets?: readonly Secret[];
  /** Which of `tokens` are secret. */
  readonly mask?: Uint8Array;
}

export const RECORD_FORMATS = ['jsonl', 'csv'] as const;
export type RecordFormatName = (typeof RECORD_FORMATS)[number];

/** What the file's name says, else `fallback`. */
export function formatOf(path: string, fallback: RecordFormatName = 'jsonl'): RecordFormatName {
  if (/\.csv(\.gz)?$/i.test(path)) return 'csv';
  return /\.(jsonl|ndjson|json)(\.gz)?$/i.test(path) ? 'jsonl' : fallback;
}

export interface ReadRecordsOptions {
  /** Of a file whose name does not say. Default: `jsonl`. */
  readonly format?: RecordFormatName | undefined;
  /** What the offsets of secrets count. Default: `utf16`. */
  readonly offsets?: OffsetUnit | undefined;
  /** Makes texts of messages. Default: records with messages are refused. */
  readonly chat?: Pick<ChatTemplate, 'render'> | undefined;
  /** Leave secrets out, unseen: for those who have no use for them. Default: false. */
  readonly ignoreSecrets?: boolean | undefined;
}

/**
 * The records of a file or a pipe, one at least.
 *
 * @throws InputError `ERR_FILE_FORMAT`, naming the line, also for an id that an earlier record has; `ERR_SECRET_MISMATCH` for a secret that is not what its text
 *   holds there
 */
export async function* readRecords(
  path: string,
  { format, offsets, chat, ignoreSecrets = false }: ReadRecordsOptions = {},
): AsyncGenerator<InputRecord, void> {
  const ids = new UniqueIds();
  for await (const { record, place, where } of requireRecords(checkedRecords(path, format), path)) {
    requireOneSource(record, chat !== undefined, where);
    const name = `record ${showId(record.id ?? place)}`;
    const rendered =
      record.messages === undefined
        ? undefined
        : await chat!.render({ messages: record.messages, tools: record.tools ?? undefined }, name);
    const text = rendered ?? record.text ?? record.content;
    const { mask, tokens } = record;
    if (mask !== undefined && mask.length !== tokens?.length)
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected one mask entry for each token in ${where} but received ${mask.length} for ${describe(tokens?.length)}.`,
      );
    const id = record.id ?? place;
    ids.add(id, where);
    const secrets = ignoreSecrets ? undefined : locatedSecrets(record, id, offsets);
    yield {
      id,
      named: record.id !== undefined,
      ...(text === undefined ? {} : { text }),
      ...(rendered === undefined ? {} : { rendered: true as const }),
      ...(tokens === undefined ? {} : { tokens: Int32Array.from(tokens) }),
      ...(secrets === undefined ? {} : { secrets }),
      ...(mask === undefined ? {} : { mask: Uint8Array.from(mask) }),
    };
  }
}

function requireOneSource(record: z.infer<typeof recordSchema>, chats: boolean, where: string): void {
  const sources = { text: record.text ?? record.content, tokens: record.tokens, messages: record.messages };
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const [source] = given;
  if (given.length === 1 && (source !== 'messages' || chats)) return;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected one of text, tokens${chats ? ' and messages' : ''} in ${where} but received ${given.join(' and ') || 'none'}.`,
  );
}

function locatedSecrets(
  { text, content, secrets }: z.infer<typeof recordSchema>,
  id: RecordId,
  offsets: OffsetUnit | undefined,
): Secret[] | undefined {
  if (secrets === undefined) return undefined;
  const holder = text ?? content;
  if (holder !== undefined) return locateSecrets(holder, secrets, `record ${showId(id)}`, offsets);
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected a text for the secrets of record ${showId(id)} but found none, and so nothing that their offsets count in.`,
    { remedy: 'Give the text instead, or for unlearning a mask: 1 for each token that is secret.' },
  );
}

/**
 * A model with what turns records into sequences for it. Text gets the tokens around it that its tokenizer asks for, as
 * in transformers: Llama's and Gemma's begin a text with a token of their own, GPT-2's, CodeGen's and Qwen2's do not.
 * Training and measuring see a text alike.
 */
export interface RecordReader {
  readonly model: Pick<Model, 'contextLength'>;
  /** Undefined where the model's directory has none: then records must bring tokens. */
  readonly tokenizer: Tokenizer | undefined;
  /** Longer records are cut to this many tokens; undefined cuts nothing. */
  readonly maxTokens?: number | undefined;
}

/**
 * The tokens of a record, of which there are `least` to the model's context length.
 *
 * @throws InputError `ERR_CONTEXT_LENGTH`; `ERR_FILE_FORMAT` for a record that is too short, or that brings text to a
 *   model without a tokenizer
 */
export function sequenceOf(record: InputRecord, reader: RecordReader, least = 1): Tokens {
  return encodingOf(record, reader, least).tokens;
}

/** {@link sequenceOf} with offsets, which a record that brings tokens has none of. */
export function encodingOf(
  record: InputRecord,
  { model, tokenizer, maxTokens }: RecordReader,
  least = 1,
): Pick<Encoding, 'tokens'> & Partial<Pick<Encoding, 'offsets'>> {
  const encoding =
    record.tokens === undefined ? encode(record, tokenizer, maxTokens) : cut(record.tokens, maxTokens);
  const { length } = encoding.tokens;
  if (length > model.contextLength)
    throw new InputError(
      'ERR_CONTEXT_LENGTH',
      `Expected at most ${model.contextLength} tokens, the model's context, in record ${showId(record.id)} but it has ${length}.`,
      { remedy: 'Cut longer records with --max-tokens, or split them.' },
    );
  if (length < least)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected at least ${least} token${least === 1 ? '' : 's'} in record ${showId(record.id)} but it has ${length}.`,
    );
  return encoding;
}

/** As the record's text is tokenized, any other text in its place. */
export function encodeAs(
  { rendered }: InputRecord,
  text: string,
  tokenizer: Pick<Tokenizer, 'encode'>,
  maxTokens?: number,
): Encoding {
  return tokenizer.encode(text, {
    addSpecialTokens: rendered !== true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
  });
}

function encode(
  record: InputRecord,
  tokenizer: Tokenizer | undefined,
  maxTokens: number | undefined,
): Encoding {
  if (tokenizer === undefined)
    throw new InputError(
      'ERR_FILE_NOT_FOUND',
      `Expected tokenizer.json in the model's directory for the text of record ${showId(record.id)} but found none.`,
      { remedy: 'Put the tokenizer files beside the model, or give tokens instead of text.' },
    );
  return encodeAs(record, record.text!, tokenizer, maxTokens);
}

function cut(tokens: Tokens, maxTokens: number | undefined): { tokens: Tokens } {
  return { tokens: maxTokens === undefined ? tokens : tokens.subarray(0, maxTokens) };
}

interface Checked {
  readonly record: z.infer<typeof recordSchema>;
  readonly place: number;
  readonly where: string;
}

/** @param fallback of a file whose name does not say its format. Default: `jsonl` */
async function* checkedRecords(
  path: string,
  fallback: RecordFormatName | undefined,
): AsyncGenerator<Checked, void> {
  const found = await inputFormat(path);
  const told = fallback === 'csv' ? 'csv' : 'json';
  const known = found === undefined || found === 'content' ? told : found;
  const choose = (columns: readonly string[]) => columns.filter((name) => name in recordSchema.shape);
  for await (const { format, value, place, where } of readInput(path, { format: known, choose })) {
    const fields =
      format === 'json' || format === 'corpus' ? value : fieldsOf(value as Cells, format === 'csv', where);
    const result = recordSchema.safeParse(fields);
    if (!result.success)
      throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, fields, where));
    yield { record: result.data, place, where };
  }
}

type Cells = Readonly<Record<string, unknown>>;

/** Columns whose cells hold JSON. */
const JSON_COLUMNS = ['tokens', 'messages', 'tools', 'secrets', 'mask'] as const;

/** CSV cannot leave a cell out: an empty one is not there, except for a text that nothing stands for. */
function fieldsOf(cells: Cells, csv: boolean, where: string): Cells {
  const fields: Record<string, unknown> = {};
  for (const [name, cell] of Object.entries(cells))
    if (cell !== null && !(csv && cell === '')) fields[name] = cell;
  for (const name of JSON_COLUMNS)
    if (typeof fields[name] === 'string') fields[name] = parseCell(fields[name], name, where);
  const textColumn = ['text', 'content'].find((name) => cells[name] === '');
  const sources = [fields.text, fields.content, fields.tokens, fields.messages];
  if (textColumn !== undefined && sources.every((source) => source === undefined)) fields[textColumn] = '';
  return fields;
}

function parseCell(cell: string, name: string, where: string): unknown {
  try {
    return parseJson(cell);
  } catch (cause) {
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected JSON for ${name} in ${where} but received ${name === 'secrets' ? 'something else' : describe(cell)}.`,
      { cause },
    );
  }
}
