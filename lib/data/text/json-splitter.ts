/**
 * The values of a JSON text, cut out one by one so that the whole is never held: the elements of one array, or objects
 * that follow one another over any number of lines. Only brackets, strings and commas are looked at; what lies between
 * them is for the parser. (The kept libraries that stream JSON build every value token by token, and know no NaN.)
 */
export interface JsonPiece {
  /** From 1: where the value begins. */
  readonly line: number;
  readonly bytes: Buffer;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const isSpace = (byte: number) => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;

export class JsonSplitter {
  /** From 1, the line that is being read. */
  line = 1;
  /** Where the value begins that is not whole yet; undefined between values. */
  begun: number | undefined;
  /** Bytes of that value which earlier chunks held. */
  heldBytes = 0;
  private held: Buffer[] = [];
  private depth = 0;
  private inString = false;
  private escaped = false;
  private closed = false;
  /** A comma has been read and no element since. */
  private expected = false;

  /** @param array the text is one array, and its elements are wanted */
  constructor(private readonly array: boolean) {}

  /** Whether nothing is missing: no value has begun, and the array is closed. */
  get isWhole(): boolean {
    return this.begun === undefined && (!this.array || this.closed);
  }

  /** Values that end within the next bytes of the text. @throws Error what is wrong at {@link line} */
  *push(chunk: Buffer): Generator<JsonPiece, void> {
    const base = this.array ? 1 : 0;
    let start = 0;
    const piece = (end: number): JsonPiece => {
      const bytes = Buffer.concat([...this.held, chunk.subarray(start, end)]);
      const line = this.begun!;
      this.held = [];
      this.heldBytes = 0;
      this.begun = undefined;
      return { line, bytes };
    };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.inString) {
        i = this.skipString(chunk, i);
        continue;
      }
      if (byte === NEWLINE) this.line++;
      if (isSpace(byte)) continue;
      if (this.closed) throw new Error('text follows the end of the array');
      if (this.depth === base && this.begun === undefined) {
        if (this.array && (byte === COMMA || (byte === CLOSE_ARRAY && this.expected)))
          throw new Error('an element is missing');
        if (!this.array && byte !== OPEN_OBJECT) throw new Error('no object begins here');
        if (byte !== CLOSE_ARRAY || !this.array) {
          this.begun = this.line;
          this.expected = false;
          start = i;
        }
      }
      if (byte === QUOTE) this.inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.depth++;
      else if (byte === COMMA && this.array && this.depth === 1) {
        yield piece(i);
        this.expected = true;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.depth--;
        if (this.array && this.depth === 0) {
          if (byte !== CLOSE_ARRAY) throw new Error('the array is closed by another bracket');
          if (this.begun !== undefined) yield piece(i);
          this.closed = true;
        } else if (!this.array && this.depth === 0) yield piece(i + 1);
      }
    }
    if (this.begun === undefined) return;
    // The bytes may be overwritten once the caller asks for more.
    this.held.push(Buffer.from(chunk.subarray(start)));
    this.heldBytes += chunk.length - start;
  }

  /** The index of the last byte of the string, or of the chunk. */
  private skipString(chunk: Buffer, from: number): number {
    let i = from;
    if (this.escaped) {
      this.escaped = false;
      i++;
    }
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === QUOTE) {
        this.inString = false;
        return i;
      }
      if (byte === BACKSLASH) {
        i++;
        this.escaped = i === chunk.length;
      } else if (byte === NEWLINE) throw new Error('a string is not closed');
    }
    return chunk.length - 1;
  }
}
