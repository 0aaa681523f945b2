/** Corpus shards in the published format, each with a map that says which document stands where. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ShardEntry, shardMapPath } from '../../data/corpus/shard-map.js';
import { throwIfAborted } from '../../errors.js';
import { replaceFile } from '../../files.js';
import { shardDocument } from '../../sampling/published-text.js';
import type { LineSpan } from '../log/locate.js';

/** The part of a `Document` that a shard keeps. */
export interface ShardSource {
  readonly id: string;
  readonly text: string;
  readonly path?: string;
  readonly licence?: string;
}

/** A document as it stands in a shard, its text apart. */
export interface PreparedDocument extends Omit<ShardEntry, keyof LineSpan> {
  readonly lines: number;
  readonly bytes: number;
}

/** Documents as they stand in a shard, one behind the other. */
export interface ShardBlock {
  readonly text: Uint8Array;
  readonly documents: readonly PreparedDocument[];
}

export interface ShardResult {
  readonly path: string;
  /** `<path>.documents.jsonl`: one {@link ShardEntry} a line, in the order of the shard. */
  readonly mapPath: string;
  readonly documents: number;
  readonly lines: number;
  /** Of the file as it lies on disk. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface WriteShardOptions {
  /** Default false. */
  readonly gzip?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LF = 0x0a;
const CR = 0x0d;

/** Large enough to be handed between threads at little cost, small enough for several to wait. */
const BLOCK_BYTES = 2 ** 22;

/**
 * Writes a shard: of every document the lines that are not empty, an empty line, and a line with the md5 of the
 * former, as the published `cache_data` does (100 000 documents a shard there).
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; AbortedError; whatever `documents` throws
 */
export async function buildShard(
  documents: Iterable<ShardSource> | AsyncIterable<ShardSource>,
  path: string,
  options: WriteShardOptions = {},
): Promise<ShardResult> {
  return writeShard(prepareBlocks(documents), path, options);
}

/** Brings documents into the form that they have in a shard, some megabytes at a time. */
export async function* prepareBlocks(
  sources: Iterable<ShardSource> | AsyncIterable<ShardSource>,
): AsyncGenerator<ShardBlock, void> {
  let documents: PreparedDocument[] = [];
  let texts: Buffer[] = [];
  let bytes = 0;
  const take = (): ShardBlock => {
    const block = { text: Buffer.concat(texts), documents };
    [documents, texts, bytes] = [[], [], 0];
    return block;
  };
  for await (const { id, text: source, path, licence } of sources) {
    const { text, md5 } = shardDocument(source);
    const data = Buffer.from(text);
    const origin = { ...(path === undefined ? {} : { path }), ...(licence === undefined ? {} : { licence }) };
    documents.push({ id, md5, lines: countLines(data), bytes: data.length, ...origin });
    texts.push(data);
    bytes += data.length;
    if (bytes >= BLOCK_BYTES) yield take();
  }
  if (documents.length > 0) yield take();
}

/** {@link buildShard} of documents that are in its form already. */
export async function writeShard(
  blocks: AsyncIterable<ShardBlock>,
  path: string,
  { gzip = false, signal }: WriteShardOptions = {},
): Promise<ShardResult> {
  const mapPath = shardMapPath(path);
  const hash = createHash('sha256');
  let documents = 0;
  let lines = 0;
  let bytes = 0;
  await replaceFile(mapPath, (map) =>
    replaceFile(path, async (shard) => {
      async function* texts(): AsyncGenerator<Uint8Array, void> {
        for await (const block of blocks) {
          throwIfAborted(signal);
          let entries = '';
          for (const { lines: count, bytes: _, path: origin, licence, id, md5 } of block.documents) {
            const start = lines + 1;
            lines += count;
            entries += `${JSON.stringify({ id, md5, start, end: lines, path: origin, licence })}\n`;
          }
          documents += block.documents.length;
          await map.writeFile(entries);
          yield block.text;
        }
      }
      async function write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          await shard.writeFile(chunk);
        }
      }
      if (gzip) await pipeline(texts, createGzip(), write);
      else await write(texts());
    }),
  );
  return { path, mapPath, documents, lines, bytes, sha256: hash.digest('hex') };
}

/** Lines of a text that ends with \n; \r and \r\n end lines too. */
function countLines(text: Uint8Array): number {
  let lines = 0;
  for (let at = text.indexOf(LF); at !== -1; at = text.indexOf(LF, at + 1)) lines++;
  for (let at = text.indexOf(CR); at !== -1; at = text.indexOf(CR, at + 1)) if (text[at + 1] !== LF) lines++;
  return lines;
}
