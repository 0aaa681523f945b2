/** Text for the bench of clone detection, made of real code: shards, outputs, and a stream that is never stored. */
import { isUtf8 } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Random } from '../lib/random.js';
import { outputSeparator } from '../lib/sampling/published-text.js';

const CODE = /\.([cm]?[jt]sx?|py|h|hpp|c|cc|cpp)$/;

/** Where installed code lies: the packages of this repository, Python's library and packages. */
export function defaultSources(python: string): string[] {
  const code = 'import sysconfig as s; print(s.get_path("stdlib")); print(s.get_path("purelib"))';
  const found = execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim().split('\n');
  return [...new Set([...found, fileURLToPath(new URL('../node_modules', import.meta.url))])];
}

/** Documents of real files, no two alike, as shards hold them: without empty lines, each line ended. */
export function* readSources(directories: readonly string[]): Generator<Buffer, void, void> {
  const seen = new Set<string>();
  for (const directory of directories) {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.filter((each) => CODE.test(each)).sort()) {
      const bytes = readFileSync(path);
      if (bytes.length < 256 || bytes.length > 300_000 || !isUtf8(bytes)) continue;
      const digest = createHash('md5').update(bytes).digest('hex');
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield Buffer.from(
        `${bytes
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== '')
          .join('\n')}\n`,
      );
    }
  }
}

/** The first documents, as many as make `limit` bytes; an error if there are not enough. */
export function takeSources(directories: readonly string[], limit: number): Buffer[] {
  const documents: Buffer[] = [];
  let bytes = 0;
  for (const document of readSources(directories)) {
    documents.push(document);
    bytes += document.length;
    if (bytes >= limit) return documents;
  }
  throw new Error(
    `Expected ${limit} bytes of code in ${directories.join(', ')} but found ${bytes}: name more with --sources.`,
  );
}

/** A version of a document with about one byte in `every` changed, always a letter for a letter. */
export function mutate(document: Buffer, random: Random, every: number): Buffer {
  const copy = Buffer.from(document);
  for (let changes = Math.ceil(copy.length / every); changes > 0; changes--) {
    const at = random.integer(copy.length);
    if (copy[at]! >= 0x61 && copy[at]! <= 0x7a) copy[at] = 0x61 + random.integer(26);
  }
  return copy;
}

export function asShardDocument(document: Buffer): Buffer {
  return Buffer.concat([document, Buffer.from(`\n${createHash('md5').update(document).digest('hex')}\n`)]);
}

/** One version of each file. */
export function* onceEach(documents: readonly Buffer[]): Generator<Buffer, void, void> {
  for (const document of documents) yield asShardDocument(document);
}

/** Versions of the same few documents until there are `limit` bytes. */
export function* nearDuplicates(documents: readonly Buffer[], limit: number): Generator<Buffer, void, void> {
  const random = new Random(1);
  for (let bytes = 0; bytes < limit; ) {
    const version = asShardDocument(mutate(random.pick(documents), random, 4000));
    bytes += version.length;
    yield version;
  }
}

/** Mutated documents, all of them again and again, until there are `limit` bytes. */
export function* endless(documents: readonly Buffer[], limit: number): Generator<Buffer, void, void> {
  const random = new Random(2);
  for (let bytes = 0, i = 0; bytes < limit; i++) {
    const version = asShardDocument(mutate(documents[i % documents.length]!, random, 2000));
    bytes += version.length;
    yield version;
  }
}

/** A version of a document with its letters and digits exchanged for others: few lines stay what they were. */
export function exchangeLetters(document: Buffer, random: Random): Buffer {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const [first, last] of ['az', 'AZ', '09'].map((range) => Buffer.from(range))) {
    const range = Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
    bytes.set(random.shuffle(range), first);
  }
  const copy = Buffer.from(document);
  for (let at = 0; at < copy.length; at++) copy[at] = bytes[copy[at]!]!;
  return copy;
}

/** Mutated documents, all of them once, then renamed ones, until there are `limit` bytes: what matches does not grow. */
export function* endlessUnlike(documents: readonly Buffer[], limit: number): Generator<Buffer, void, void> {
  const random = new Random(4);
  for (let bytes = 0, i = 0; bytes < limit; i++) {
    const document = documents[i % documents.length]!;
    const version = i < documents.length ? mutate(document, random, 2000) : exchangeLetters(document, random);
    bytes += version.length;
    yield asShardDocument(version);
  }
}

/** Outputs of a model that remembers some: excerpts of the documents between lines of its own. */
export function* sampledOutputs(documents: readonly Buffer[], limit: number): Generator<Buffer, void, void> {
  const random = new Random(3);
  for (let bytes = 0; bytes < limit; ) {
    const lines = random.pick(documents).toString('utf8').split('\n');
    const start = random.integer(lines.length);
    const excerpt = lines.slice(start, start + 5 + random.integer(36)).join('\n');
    const own = Array.from(
      { length: 5 + random.integer(56) },
      () => `x${random.integer(1e6)} = foo(${random.integer(1000)})`,
    ).join('\n');
    const text = `${excerpt}\n${own}\n`;
    const output = Buffer.from(`${text}${outputSeparator(createHash('md5').update(text).digest('hex'))}\n`);
    bytes += output.length;
    yield output;
  }
}

export async function writeAll(pieces: Iterable<Buffer>, stream: Writable): Promise<void> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = async () => {
    const whole = Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    if (!stream.write(whole)) await once(stream, 'drain');
  };
  for (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes >= 2 ** 20) await flush();
  }
  await flush();
  stream.end();
  await once(stream, 'close');
}

/** The file of that name below `directory`, made unless it is there. */
export async function madeFile(
  directory: string,
  name: string,
  pieces: () => Iterable<Buffer>,
): Promise<string> {
  const path = join(directory, name);
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  await writeAll(pieces(), createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
  return path;
}
