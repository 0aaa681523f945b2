/** How far a build of a corpus is, and how fast. */
import { type ProgressEvent, progress } from '../../progress.js';
import type { ShardBlock } from './shard.js';
import type { CorpusSource } from './sources.js';
import type { CorpusPosition } from './stream.js';

/** How far the sources have been read, how many documents and bytes of text came of them, and how fast. */
export class BuildMeter {
  readonly #total: number;
  readonly #began = performance.now();
  #read: number;
  #documents = 0;
  #bytes = 0;

  constructor(sources: readonly CorpusSource[], start: CorpusPosition) {
    const sum = (some: readonly CorpusSource[]) =>
      some.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    this.#total = sum(sources);
    this.#read = sum(sources.slice(0, start.source));
  }

  read(bytes: number): void {
    this.#read += bytes;
  }

  async *watch(
    blocks: AsyncIterable<ShardBlock>,
    emit: (event: ProgressEvent) => void,
  ): AsyncGenerator<ShardBlock, void> {
    for await (const block of blocks) {
      yield block;
      this.#documents += block.documents.length;
      this.#bytes += block.text.length;
      const seconds = Math.max(1e-3, (performance.now() - this.#began) / 1000);
      const perSecond = `${Math.round(this.#documents / seconds)} documents/s`;
      const rate = `${(this.#bytes / 1e6 / seconds).toFixed(1)} MB/s of text`;
      const done = Math.min(this.#read, this.#total);
      emit(progress('build', done, this.#total, 'bytes', `${perSecond}  ${rate}`));
    }
  }
}
