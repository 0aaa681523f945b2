import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import { type DownloadOptions, download, withoutCredentials } from '../../lib/native/download.js';
import { Random } from '../../lib/random.js';
import { FileServer } from './file-server.js';

const random = new Random(7);
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, () => random.integer(256)));
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-download-'));
  path = join(directory, 'deep', 'torch.whl');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function fetchIt(url: string, options: Partial<DownloadOptions> = {}) {
  const events = download({ url, path, sha256: DIGEST, retryDelayMs: 1, ...options });
  const notes: string[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done) return { ...next.value, notes };
    if (next.value.type === 'note') notes.push(next.value.message);
  }
}

test('a file arrives whole, with its digest and nothing beside it', async () => {
  await using server = await FileServer.start(CONTENT);
  expect(await fetchIt(server.url('torch.whl'))).toEqual({
    sha256: DIGEST,
    sizeBytes: CONTENT.length,
    notes: [],
  });
  expect((await readFile(path)).equals(CONTENT)).toBe(true);
  expect(existsSync(`${path}.part`) || existsSync(`${path}.part.json`)).toBe(false);
});

test('progress starts at what is there, ends at the size, and never goes back', async () => {
  await using server = await FileServer.start(CONTENT);
  const done: number[] = [];
  for await (const event of download({ url: server.url('torch.whl'), path }))
    if (event.type === 'progress') {
      expect(event).toMatchObject({ step: 'download torch.whl', unit: 'bytes', total: CONTENT.length });
      done.push(event.done);
    }
  expect(done[0]).toBe(0);
  expect(done.at(-1)).toBe(CONTENT.length);
  expect(done).toEqual([...done].sort((a, b) => a - b));
});

test('a dropped connection is resumed where it broke, and said so', async () => {
  await using server = await FileServer.start(
    CONTENT,
    [{ cutAfter: 100_000 }, { cutAfter: 50_000 }],
    `${path}.part`,
  );
  const { notes } = await fetchIt(server.url('torch.whl'));
  expect((await readFile(path)).equals(CONTENT)).toBe(true);
  expect(server.ranges).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toMatch(/^The download of torch\.whl was interrupted \(.+\); trying again\.$/);
});

describe('after a run that was killed', () => {
  /** A consumer that stops listening is what a killed process leaves behind: the part and its state. */
  async function killedRun(server: FileServer): Promise<number> {
    server.part = `${path}.part`;
    server.answers.push({ cutAfter: 120_000 });
    const events = download({ url: server.url('torch.whl'), path, sha256: DIGEST, retryDelayMs: 1 });
    for await (const event of events) if (event.type === 'note') break;
    return (await stat(`${path}.part`)).size;
  }

  test('the next one goes on from there', async () => {
    await using server = await FileServer.start(CONTENT);
    const kept = await killedRun(server);
    expect(kept).toBe(120_000);
    await fetchIt(server.url('torch.whl'));
    expect(server.ranges.at(-1)).toBe(`bytes=${kept}-`);
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
  });

  test('a file that has changed meanwhile is fetched anew', async () => {
    await using server = await FileServer.start(CONTENT);
    await killedRun(server);
    server.content = Buffer.from(CONTENT).reverse();
    server.etag = '"two"';
    const sha256 = createHash('sha256').update(server.content).digest('hex');
    await fetchIt(server.url('torch.whl'), { sha256 });
    expect((await readFile(path)).equals(server.content)).toBe(true);
  });

  test('without validator and digest nothing is stitched together', async () => {
    await using server = await FileServer.start(CONTENT);
    server.etag = undefined;
    await killedRun(server);
    await fetchIt(server.url('torch.whl'), { sha256: undefined });
    expect(server.ranges.at(-1)).toBeUndefined();
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
  });

  test('a part longer than the file starts anew', async () => {
    await using server = await FileServer.start(CONTENT);
    await killedRun(server);
    await writeFile(`${path}.part`, Buffer.alloc(CONTENT.length + 10));
    await fetchIt(server.url('torch.whl'));
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
  });

  test('a part that is complete is only checked', async () => {
    await using server = await FileServer.start(CONTENT);
    await killedRun(server);
    await writeFile(`${path}.part`, CONTENT);
    await fetchIt(server.url('torch.whl'));
    expect(server.ranges).toHaveLength(1);
  });
});

test('a complete file is not fetched again; a wrong one in its place is', async () => {
  await using server = await FileServer.start(CONTENT);
  await fetchIt(server.url('torch.whl'));
  await fetchIt(server.url('torch.whl'));
  expect(server.ranges).toHaveLength(1);
  await writeFile(path, 'something else');
  await fetchIt(server.url('torch.whl'));
  expect((await readFile(path)).equals(CONTENT)).toBe(true);
});

test('a corrupted download is deleted and named in one sentence', async () => {
  await using server = await FileServer.start(Buffer.alloc(1000));
  await expect(fetchIt(server.url('torch.whl'))).rejects.toMatchObject({
    code: 'ERR_DOWNLOAD',
    message: expect.stringMatching(
      /^The download of torch\.whl was corrupted \(expected SHA-256 \w+, found \w+\) and has been deleted\.$/,
    ),
  });
  expect(existsSync(path) || existsSync(`${path}.part`) || existsSync(`${path}.part.json`)).toBe(false);
});

test.each([
  [404, 1, false],
  [403, 1, true],
  [407, 1, true],
  [500, 5, true],
  [503, 5, true],
])('status %i is tried %i times; another client might fare better: %s', async (status, tries, refused) => {
  await using server = await FileServer.start(
    CONTENT,
    Array.from({ length: 9 }, () => ({ status })),
  );
  await expect(fetchIt(server.url('torch.whl'))).rejects.toMatchObject({
    code: 'ERR_DOWNLOAD',
    refused,
    message: expect.stringMatching(new RegExp(`^Could not download torch\\.whl.*answered ${status}.*\\.$`)),
  });
  expect(server.ranges).toHaveLength(tries);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('a busy server is asked again', async () => {
  await using server = await FileServer.start(CONTENT, [{ status: 503 }, { status: 429 }]);
  expect((await fetchIt(server.url('torch.whl'))).notes).toHaveLength(2);
});

test('redirects are followed, ten at most', async () => {
  await using target = await FileServer.start(CONTENT);
  await using server = await FileServer.start(CONTENT, [{ status: 302, location: target.url('elsewhere') }]);
  await fetchIt(server.url('torch.whl'));
  expect(target.ranges).toHaveLength(1);

  await rm(path);
  server.answers.push(...Array.from({ length: 11 }, () => ({ status: 307, location: '/again' })));
  await expect(fetchIt(server.url('torch.whl'))).rejects.toThrow(/more than 10 redirects/);
});

test('a closed port is one sentence, at once', async () => {
  const server = await FileServer.start(CONTENT);
  const url = server.url('torch.whl');
  await server[Symbol.asyncDispose]();
  await expect(fetchIt(url)).rejects.toMatchObject({
    refused: true,
    message: expect.stringMatching(
      /^Could not download torch\.whl from 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\.$/,
    ),
  });
});

test('an abort stops it and keeps what is there', async () => {
  await using server = await FileServer.start(CONTENT, [{ cutAfter: 1000 }], `${path}.part`);
  const controller = new AbortController();
  const events = download({
    url: server.url('torch.whl'),
    path,
    signal: controller.signal,
    retryDelayMs: 60_000,
  });
  await expect(
    (async () => {
      for await (const event of events) if (event.type === 'note') controller.abort();
    })(),
  ).rejects.toBeInstanceOf(AbortedError);
  expect((await stat(`${path}.part`)).size).toBe(1000);
});

test('credentials are sent, and stored nowhere', async () => {
  await using server = await FileServer.start(CONTENT, [{ cutAfter: 1000 }], `${path}.part`);
  const url = server.url('torch.whl').replace('http://', 'http://ann:secret@');
  const events = download({ url, path, sha256: DIGEST, retryDelayMs: 1 });
  for await (const event of events) if (event.type === 'note') break;
  expect(server.authorizations[0]).toBe(`Basic ${Buffer.from('ann:secret').toString('base64')}`);
  expect(await readFile(`${path}.part.json`, 'utf8')).not.toMatch(/ann|secret/);
  expect(withoutCredentials('https://ann:secret@example.org/a?token=1#x')).toBe('https://example.org/a');
});

test('a place that cannot be written to is one sentence', async () => {
  await using server = await FileServer.start(CONTENT);
  await writeFile(join(directory, 'deep'), 'a file');
  await expect(fetchIt(server.url('torch.whl'))).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/^Could not write .*deep: .+\.$/),
  });
});
