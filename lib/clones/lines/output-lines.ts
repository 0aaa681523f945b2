/** The small side: all significant lines of the outputs, file by file. */
import type { LineSink } from './line-hasher.js';
import { kernel } from './line-kernel.js';
import { LineTable } from './line-table.js';

export class OutputLines implements LineSink {
  readonly table = new LineTable();
  /** Raw lines at which the documents of each file end, where documents are told apart. */
  readonly gaps: number[][] = [];
  significantLines = 0;

  startFile(): void {
    this.table.startFile();
    this.gaps.push([]);
  }

  take(found: number): void {
    this.table.appendColumns(kernel, 0, found);
    this.significantLines += found;
  }

  gap(rawLine: number): void {
    this.gaps.at(-1)!.push(rawLine);
    this.table.break();
  }
}
