/** From a record of JSON lines, CSV or Parquet to a document: what its fields are called, and what they may hold. */
import { basename } from 'node:path';
import { describe } from '../check.js';
import { InputError } from '../errors.js';
import type { Document } from './document.js';
import type { InputRecord } from './input-records.js';

/** Names of the fields that hold the text, unless the caller names it. */
export const TEXT_FIELDS = ['text', 'content'] as const;

/** The first that is there counts. */
const FIELDS = {
  id: ['id', 'doc_id'],
  path: ['path'],
  /** The repository that the path lies in, as data sets of code have it. */
  repository: ['repo_name', 'repo'],
  licence: ['licence', 'license', 'licenses'],
} as const;

export type DocumentRecord = Readonly<Record<string, unknown>>;

/** The fields of a table that a document is made of. */
export function chooseFields(columns: readonly string[], textField: string | undefined): string[] {
  const wanted: readonly string[] = [
    ...(textField === undefined ? TEXT_FIELDS : [textField]),
    ...Object.values(FIELDS).flat(),
  ];
  return columns.filter((column) => wanted.includes(column));
}

/**
 * @param path of the file that the record stands in
 * @throws InputError `ERR_FILE_FORMAT` for a record that is no object, has no text, or something else in one of the fields
 */
export function toDocument(
  { value, place, where }: InputRecord,
  textField: string | undefined,
  path: string,
): Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected an object in ${where} but received ${describe(value)}.`,
    );
  const record = value as DocumentRecord;
  const id = firstOf(record, FIELDS.id);
  const origin = originOf(record, where);
  const licence = licenceOf(firstOf(record, FIELDS.licence), where);
  return {
    ...(id === undefined ? { id: `${basename(path)}:${place}` } : idOf(id, where)),
    text: textOf(record, textField, where),
    ...(origin ? { path: origin } : {}),
    ...(licence ? { licence } : {}),
  };
}

interface Field {
  readonly name: string;
  readonly value: unknown;
}

function firstOf(record: DocumentRecord, names: readonly string[]): Field | undefined {
  const name = names.find((candidate) => record[candidate] !== undefined && record[candidate] !== null);
  return name === undefined ? undefined : { name, value: record[name] };
}

function textOf(record: DocumentRecord, textField: string | undefined, where: string): string {
  const names = textField === undefined ? TEXT_FIELDS : [textField];
  const field = names.map((name) => ({ name, value: record[name] })).find(({ value }) => value !== undefined);
  if (field === undefined) {
    const found = textField === undefined ? 'neither' : 'none';
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a string for ${names.join(' or ')} in ${where} but received ${found}.`,
      {
        remedy: `Its fields are ${listNames(Object.keys(record))}; say by --text-field which one holds the text.`,
      },
    );
  }
  if (typeof field.value === 'string') return field.value;
  throw unexpected('a string', field, where);
}

function idOf(field: Field, where: string): Pick<Document, 'id' | 'number'> {
  const { value } = field;
  if (typeof value === 'string') return { id: value };
  if (typeof value === 'number' || typeof value === 'bigint') return { id: String(value), number: value };
  throw unexpected('a string or a number', field, where);
}

/** `repository/path` where both are known: `setup.py` alone says nothing. */
function originOf(record: DocumentRecord, where: string): string | undefined {
  const parts = [firstOf(record, FIELDS.repository), firstOf(record, FIELDS.path)].filter(
    (field) => field !== undefined && field.value !== '',
  ) as Field[];
  for (const field of parts) if (typeof field.value !== 'string') throw unexpected('a string', field, where);
  return parts.length === 0 ? undefined : parts.map(({ value }) => value).join('/');
}

function licenceOf(field: Field | undefined, where: string): string | undefined {
  const { value } = field ?? {};
  if (field === undefined || typeof value === 'string') return value as string | undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  throw unexpected('a string or a list of strings', field, where);
}

function unexpected(what: string, { name, value }: Field, where: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected ${what} for ${name} in ${where} but received ${describe(value)}.`,
  );
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => JSON.stringify(name.slice(0, 60)));
  return shown.length === 0 ? 'none' : `${shown.join(', ')}${names.length > 20 ? ' and others' : ''}`;
}
