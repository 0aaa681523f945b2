/** The JSON texts of a file, one for each record: its lines, or the elements of its one array, or objects over many lines. */
import { InputError } from '../../errors.js';
import { JsonSplitter } from './json-splitter.js';
import { decodeLine, linesOf, MAX_LINE_BYTES } from './lines.js';
import { firstLine, type PeekableBytes } from './peek.js';

export interface JsonText {
  /** From 1: the line where it begins. */
  readonly line: number;
  /** From 1: the line, or, where records are no lines, which of them it is. */
  readonly place: number;
  /** Names the place in messages. */
  readonly where: string;
  readonly text: string;
}

/** A value that goes over many lines ends its first one before. */
const PEEK_BYTES = 2 ** 20;

const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/**
 * Texts in their order. A text that begins with `[` is one array; one whose first line is a part of an object holds
 * objects one after the other; all others are JSON lines.
 *
 * @throws InputError `ERR_FILE_FORMAT`; whatever `bytes` fails with
 */
export async function* jsonTexts(bytes: PeekableBytes, path: string): AsyncGenerator<JsonText, void> {
  const start = await bytes.peek((head) => {
    const { text, ends } = firstLine(head, PEEK_BYTES);
    return ends || text.startsWith('[') || head.length >= PEEK_BYTES;
  });
  const { text: first } = firstLine(start, PEEK_BYTES);
  const array = first.startsWith('[');
  if (array || isPartOfObject(first)) {
    yield* itemsOf(bytes, array, path);
    return;
  }
  for await (const { number, text } of linesOf(bytes, path))
    yield { line: number, place: number, where: `${path} line ${number}`, text };
}

function isPartOfObject(text: string): boolean {
  const end = text.indexOf('\n');
  if (!text.startsWith('{') || end === -1) return false;
  const splitter = new JsonSplitter(false);
  try {
    for (const _ of splitter.push(Buffer.from(text.slice(0, end), 'latin1')));
  } catch {
    // More than an object stands there: the line says best what is wrong.
    return false;
  }
  return !splitter.isWhole;
}

async function* itemsOf(bytes: PeekableBytes, array: boolean, path: string): AsyncGenerator<JsonText, void> {
  const splitter = new JsonSplitter(array);
  let place = 0;
  let first = true;
  for await (const chunk of bytes) {
    const marked = first && chunk.toString('latin1', 0, 3) === BYTE_ORDER_MARK;
    first = false;
    const pieces = splitter.push(marked ? chunk.subarray(3) : chunk);
    for (;;) {
      const { done, value } = next(() => pieces.next(), splitter, path);
      if (done) break;
      place++;
      const { line } = value;
      const where = `${path} item ${place} (line ${line})`;
      yield { line, place, where, text: decodeLine(value.bytes, line, path) };
    }
    if (splitter.heldBytes > MAX_LINE_BYTES)
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected values of at most ${MAX_LINE_BYTES} bytes in ${path} but the one that begins in line ${splitter.begun} is longer.`,
      );
  }
  if (!splitter.isWhole)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a whole ${array ? 'array' : 'object'} in ${path} but what begins in line ${splitter.begun ?? 1} is never closed.`,
    );
}

function next<T>(step: () => T, splitter: JsonSplitter, path: string): T {
  try {
    return step();
  } catch (cause) {
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected JSON in ${path} line ${splitter.line} but ${(cause as Error).message}.`,
      { cause },
    );
  }
}
