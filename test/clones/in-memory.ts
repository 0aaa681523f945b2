/** Clone detection by the parts of lib/clones over bytes in memory, cut as the test says: many cases in little time. */

import { reportBlocks } from '../../lib/clones/blocks/report-blocks.js';
import { createFileReader } from '../../lib/clones/lines/line-mode.js';
import { OutputLines } from '../../lib/clones/lines/output-lines.js';
import type { Chunk, TextInput } from '../../lib/clones/lines/text-input.js';
import { cutIntoParts } from '../../lib/clones/search/part.js';
import { PartJoiner } from '../../lib/clones/search/part-joiner.js';
import { scanPart } from '../../lib/clones/search/scan-part.js';
import { indexWindows } from '../../lib/clones/search/window-sets.js';
import type { SearchedFile } from '../../lib/clones/searched-file.js';
import { drain } from '../../lib/progress.js';
import type { NamedFile } from './brute-force.js';

export interface Cuts {
  readonly chunkBytes: number;
  readonly partBytes: number;
}

export async function detectInMemory(
  outputs: readonly NamedFile[],
  shards: readonly NamedFile[],
  threshold: number,
  { chunkBytes, partBytes }: Cuts,
) {
  const mode = 'simian';
  const content = new Map([...outputs, ...shards].map(({ name, bytes }) => [name, bytes]));
  async function* read({ path }: TextInput, size: number, first = 0): AsyncGenerator<Chunk, void, void> {
    const bytes = content.get(path)!;
    for (let at = first; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      yield { bytes: chunk, diskBytes: chunk.length };
    }
  }
  const inputOf = ({ name, bytes }: NamedFile): TextInput => ({
    path: name,
    sizeBytes: bytes.length,
    kind: 'text',
  });
  const lines = new OutputLines();
  const searched: SearchedFile[] = [];
  for (const input of outputs.map(inputOf)) {
    lines.startFile();
    const reader = createFileReader(mode, lines);
    for await (const { bytes } of read(input, chunkBytes)) reader.push(bytes);
    reader.end();
    searched.push({ input, rawLines: reader.rawLines, significantLines: 0, gaps: lines.gaps.at(-1)! });
  }
  const { table } = lines;
  const sets = indexWindows(table, threshold, true);
  const outputsEnd = table.length;
  const scanned: SearchedFile[] = [];
  for (const input of shards.map(inputOf)) {
    const joiner = new PartJoiner(sets);
    for (const part of cutIntoParts(input, partBytes)) {
      joiner.add(await drain(scanPart(part, sets, { mode, chunkBytes }, read)));
    }
    table.startFile();
    table.appendLines(joiner.kept.toLines());
    scanned.push({ input, rawLines: joiner.rawLines, significantLines: 0, gaps: joiner.gaps });
  }
  return reportBlocks(table, outputsEnd, { threshold, mode, outputs: searched, shards: scanned });
}
