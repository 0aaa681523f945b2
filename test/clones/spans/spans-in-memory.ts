/** The search for spans by the parts of lib/clones/spans over bytes in memory, cut as the test says: many cases in little time. */
import type { Chunk, TextInput } from '../../../lib/clones/lines/text-input.js';
import { cutIntoParts } from '../../../lib/clones/search/part.js';
import { type ListedSpan, listSpans } from '../../../lib/clones/spans/list-spans.js';
import { OutputTexts } from '../../../lib/clones/spans/output-texts.js';
import { SpanJoiner, scanSpans } from '../../../lib/clones/spans/scan-spans.js';
import { SpanIndex } from '../../../lib/clones/spans/span-index.js';
import { drain } from '../../../lib/progress.js';
import type { Cuts } from '../in-memory.js';
import type { SpanRule } from './brute-force-spans.js';

export async function spansInMemory(
  outputs: Uint8Array,
  shards: readonly Uint8Array[],
  { minBytes, anyWhiteSpace }: SpanRule,
  { chunkBytes, partBytes }: Cuts,
): Promise<ListedSpan[]> {
  const texts = new OutputTexts(anyWhiteSpace);
  texts.startFile('all');
  for (let at = 0; at < outputs.length; at += chunkBytes) texts.push(outputs.subarray(at, at + chunkBytes));
  texts.endFile();
  const index = SpanIndex.build(texts.text(), minBytes);
  const files = [];
  for (const bytes of shards) {
    async function* read(_: TextInput, size: number, first = 0): AsyncGenerator<Chunk, void, void> {
      for (let at = first; at < bytes.length; at += size) {
        const chunk = bytes.subarray(at, at + size);
        yield { bytes: chunk, diskBytes: chunk.length };
      }
    }
    const joiner = new SpanJoiner();
    const input: TextInput = { path: 'shard', sizeBytes: bytes.length, kind: 'text' };
    for (const part of cutIntoParts(input, partBytes))
      joiner.add(await drain(scanSpans(part, index, { anyWhiteSpace, chunkBytes }, read)));
    files.push([...joiner.matches]);
  }
  return listSpans(index, texts.outputs, files, { anyWhiteSpace, isWanted: () => true });
}
