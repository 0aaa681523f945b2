/** The documents of a built corpus, by its directory or by one of its shards: texts as they stand there, with their names. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { InputError } from '../../errors.js';
import { exists } from '../../files.js';
import { readJsonLines } from '../text/json-lines.js';
import { splitLines } from '../text/lines.js';
import { type OnRead, readPlainBytes } from '../text/plain-bytes.js';
import { entrySchema, type ShardEntry, shardMapPath } from './shard-map.js';

export interface CorpusDocument {
  /** As its map has it; without a map `<shard>:<number>`. */
  readonly id: string;
  /** Without its empty lines, as shards hold it. */
  readonly text: string;
  readonly path?: string | undefined;
  readonly licence?: string | undefined;
  /** Names the place in messages. */
  readonly where: string;
}

/**
 * The documents of shards in their order, one at a time. Each is compared with its md5, and with its entry in the map.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for what is no shard, and for a map of another
 *   build
 */
export async function* readShards(
  shards: readonly string[],
  onRead?: OnRead,
): AsyncGenerator<CorpusDocument, void> {
  for (const shard of shards) {
    const entries = await openMap(shard);
    let number = 0;
    try {
      for await (const { text, md5 } of textsOf(shard, onRead)) {
        number++;
        const where = `${shard} document ${number}`;
        const { value: entry, done } = (await entries?.next()) ?? {};
        if (done || (entry !== undefined && entry.md5 !== md5)) throw otherBuild(shard);
        const { id = `${basename(shard)}:${number}`, path, licence } = entry ?? {};
        yield { id, text, path, licence, where };
      }
      if (entries !== undefined && !(await entries.next()).done) throw otherBuild(shard);
    } finally {
      await entries?.return();
    }
  }
}

/** Undefined where there is no map: shards may have been copied without theirs. */
async function openMap(shard: string): Promise<AsyncGenerator<ShardEntry, void> | undefined> {
  const path = shardMapPath(shard);
  return (await exists(path)) ? readJsonLines(path, entrySchema) : undefined;
}

/** An empty line ends a document, and the line after it has the md5 of what was before. */
async function* textsOf(
  shard: string,
  onRead: OnRead | undefined,
): AsyncGenerator<{ readonly text: string; readonly md5: string }, void> {
  let lines: Buffer[] = [];
  let ended = false;
  let number = 0;
  for await (const line of splitLines(readPlainBytes(shard, onRead), shard)) {
    number++;
    if (ended) {
      const text = Buffer.concat(lines);
      const md5 = createHash('md5').update(text).digest('hex');
      if (line.toString('latin1') !== md5) throw notAShard(shard, number);
      yield { text: text.toString('utf8'), md5 };
      [lines, ended] = [[], false];
    } else if (line.length === 0) ended = true;
    else lines.push(Buffer.concat([line, LINE_END]));
  }
  if (ended || lines.length > 0) throw notAShard(shard, number + 1);
}

const LINE_END = Buffer.from('\n');

function notAShard(shard: string, line: number): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected the md5 of the document before it in ${shard} line ${line} but found something else.`,
    { remedy: 'Build the corpus again: lethe corpus build.' },
  );
}

function otherBuild(shard: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected ${shardMapPath(shard)} to be of the documents of ${shard} but it is of others.`,
    { remedy: 'Build the corpus again: lethe corpus build.' },
  );
}
