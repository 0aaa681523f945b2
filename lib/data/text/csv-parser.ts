/**
 * CSV, piece by piece, as Python's csv module and pandas read it: a quote opens a cell only as its first character, a
 * quote within an unquoted cell is a character like others, and what follows a closing quote belongs to the cell too.
 * (csv-parse keeps the quotes of such a cell, and does not tell it from one that was quoted rightly.)
 */
export interface CsvRow {
  /** From 1: the line on which it ends. */
  readonly line: number;
  readonly cells: readonly string[];
}

type State = 'row' | 'cell' | 'bare' | 'quoted' | 'quote';

export class CsvParser {
  /** From 1, the line that is being read: `\n`, `\r\n` and a lone `\r` end it. */
  line = 1;
  /** Cells in which text follows a closing quote, and the line of the first one. */
  readonly doubtful = { count: 0, line: 0 };
  /** Characters of the row that is not whole yet. */
  rowLength = 0;
  private state: State = 'row';
  private cells: string[] = [];
  private cell = '';
  /** The character before was a `\r`: an `\n` belongs to it. */
  private afterReturn = false;

  /** Whether the text may end here; not within quotes. */
  get isWhole(): boolean {
    return this.state !== 'quoted';
  }

  /** Rows that end within the next characters; empty lines are none. */
  *push(text: string): Generator<CsvRow, void> {
    let start = 0;
    for (let i = 0; i < text.length; ) {
      if (this.state === 'quoted') {
        i = this.readQuoted(text, i);
        start = i;
        continue;
      }
      const code = text.charCodeAt(i);
      const ends = code === 0x0a || code === 0x0d;
      if (this.state === 'bare' && !ends && code !== 0x2c) {
        i++;
        continue;
      }
      if (this.state === 'bare') this.add(text.slice(start, i));
      if (ends) {
        // The two characters of one line end may come in two pieces.
        if (code === 0x0a && this.afterReturn) this.afterReturn = false;
        else {
          if (this.state !== 'row') yield this.endRow();
          this.line++;
          this.afterReturn = code === 0x0d;
        }
      } else {
        this.afterReturn = false;
        if (code === 0x2c) this.endCell();
        else if (code === 0x22) this.state = this.state === 'quote' ? this.addQuote() : 'quoted';
        else {
          if (this.state === 'quote') this.doubt();
          this.state = 'bare';
          start = i++;
          continue;
        }
      }
      start = ++i;
    }
    if (this.state === 'bare') this.add(text.slice(start));
  }

  /** The row that no line end follows. */
  end(): CsvRow | undefined {
    return this.state === 'row' ? undefined : this.endRow();
  }

  /** Up to and with the next quote. */
  private readQuoted(text: string, from: number): number {
    const quote = text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote;
    for (let i = from; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x0d || (code === 0x0a && !this.afterReturn)) this.line++;
      this.afterReturn = code === 0x0d;
    }
    if (end > from) this.add(text.slice(from, end));
    if (quote === -1) return end;
    this.afterReturn = false;
    this.state = 'quote';
    return quote + 1;
  }

  private add(text: string): void {
    this.cell += text;
    this.rowLength += text.length;
  }

  private addQuote(): State {
    this.add('"');
    return 'quoted';
  }

  private doubt(): void {
    if (this.doubtful.count++ === 0) this.doubtful.line = this.line;
  }

  private endCell(): void {
    this.cells.push(this.cell);
    this.rowLength++;
    this.cell = '';
    this.state = 'cell';
  }

  private endRow(): CsvRow {
    this.endCell();
    const { cells, line } = this;
    this.cells = [];
    this.rowLength = 0;
    this.state = 'row';
    return { line, cells };
  }
}
