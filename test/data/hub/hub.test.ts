import { access, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ResolveModelEvent, type ResolveModelOptions, resolveModel } from '../../../lib/data/hub/hub.js';
import type { InputError, LetheError } from '../../../lib/errors.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { gitDigest, type HubModel, HubServer, refuse, sendFile, sha256 } from '../hub-server.js';

const random = new Random(7);
const noise = (size: number) => Buffer.from(Uint8Array.from({ length: size }, () => random.integer(256)));
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const weights = noise(3_000_000);
const index = (files: readonly string[]) =>
  Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(files.map((file, i) => [`t${i}`, file])) }));

const single: HubModel = {
  name: 'acme/tiny',
  commit: COMMIT,
  branches: { main: COMMIT, 'refs/pr/1': COMMIT },
  files: {
    'config.json': Buffer.from('{"model_type":"gpt2"}'),
    'tokenizer.json': Buffer.from('{}'),
    'merges.txt': Buffer.alloc(0),
    'README.md': Buffer.from('# Tiny'),
    'model.safetensors': weights,
    'pytorch_model.bin': noise(10),
    'training_args.bin': noise(10),
  },
  large: ['model.safetensors', 'pytorch_model.bin', 'training_args.bin'],
};
const torchShards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
const sharded: HubModel = {
  ...single,
  name: 'tiny',
  files: {
    'config.json': Buffer.from('{}'),
    'pytorch_model.bin.index.json': index(torchShards),
    [torchShards[0]!]: noise(2000),
    [torchShards[1]!]: noise(1000),
    'pytorch_model-00003-of-00002.bin': noise(10),
  },
  large: torchShards,
};

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lethe-hub-'));
  for (const name of Object.keys(process.env).filter((known) => /^(HF|HUGGING|TRANSFORMERS)_?/.test(known)))
    vi.stubEnv(name, '');
  // Nobody is logged in on the machine of the test.
  vi.stubEnv('HF_HOME', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

async function resolve(hub: HubServer, options: ResolveModelOptions = {}) {
  const events: ResolveModelEvent[] = [];
  const settings = { endpoint: hub.endpoint, cacheDirectory: cache, retryDelayMs: 1, ...options };
  const directory = await drain(resolveModel(hub.model.name, settings), (event) => events.push(event));
  return { directory, events };
}

async function failure(promise: Promise<unknown>): Promise<LetheError> {
  const error = await promise.then(
    () => undefined,
    (cause: LetheError) => cause,
  );
  expect(error?.message).toMatch(/^[A-Z][^\n]*\.$/);
  return error!;
}

const folderOf = ({ name }: HubModel) => join(cache, `models--${name.replace('/', '--')}`);
const downloads = (hub: HubServer) => hub.requests.filter((line) => line.includes('/resolve/'));

async function expectFiles(directory: string, model: HubModel, names: readonly string[]): Promise<void> {
  expect((await readdir(directory)).sort()).toEqual([...names].sort());
  for (const name of names)
    expect(model.files[name]!.equals(await readFile(join(directory, name))), name).toBe(true);
}

describe('a model with one file of weights', () => {
  const names = ['config.json', 'tokenizer.json', 'merges.txt', 'model.safetensors'];

  test('is downloaded into the layout of huggingface_hub, and nothing else of it is', async () => {
    await using hub = await HubServer.start(single);
    const { directory, events } = await resolve(hub);
    expect(directory).toBe(join(folderOf(single), 'snapshots', COMMIT));
    await expectFiles(directory, single, names);

    expect(await readFile(join(folderOf(single), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const link = join(directory, 'model.safetensors');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readlink(link)).toBe(join('..', '..', 'blobs', sha256(weights)));
    expect(await readlink(join(directory, 'config.json'))).toBe(
      join('..', '..', 'blobs', gitDigest(single.files['config.json']!)),
    );
    expect((await readdir(join(folderOf(single), 'blobs'))).sort()).toEqual(
      names.map((name) => (name === 'model.safetensors' ? sha256 : gitDigest)(single.files[name]!)).sort(),
    );

    const total = names.reduce((sum, name) => sum + single.files[name]!.length, 0);
    const counts = events.map((event) => (event.type === 'progress' ? event.done : Number.NaN));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.length).toBeGreaterThan(names.length);
    expect(events.at(-1)).toMatchObject({ step: 'download acme/tiny', done: total, total, unit: 'bytes' });
    expect(events.at(-1)).toHaveProperty('note', expect.stringMatching(/^\d+\.\d MB\/s$/));
  });

  test('is not downloaded again, and by its commit without a request', async () => {
    await using hub = await HubServer.start(single);
    const { directory } = await resolve(hub);
    hub.requests.length = 0;
    expect(await resolve(hub)).toEqual({ directory, events: [] });
    expect(downloads(hub)).toEqual([]);
    expect(hub.requests).toHaveLength(2);

    hub.requests.length = 0;
    expect((await resolve(hub, { revision: COMMIT })).directory).toBe(directory);
    expect((await resolve(hub, { localFilesOnly: true })).directory).toBe(directory);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await resolve(hub)).directory).toBe(directory);
    expect(hub.requests).toEqual([]);
  });

  test('is found by the names of the environment', async () => {
    await using hub = await HubServer.start(single);
    vi.stubEnv('HF_ENDPOINT', `${hub.endpoint}/`);
    vi.stubEnv('HF_HOME', cache);
    vi.stubEnv('HF_TOKEN', 'secret');
    const directory = await drain(resolveModel('acme/tiny'));
    expect(directory).toBe(join(cache, 'hub', 'models--acme--tiny', 'snapshots', COMMIT));
    expect(hub.requests.every((line) => line.endsWith(' Bearer secret'))).toBe(true);
  });

  test('is asked for with the token of hf auth login, which no message shows', async () => {
    const gated = { ...single, files: { 'config.json': Buffer.from('{}') } };
    await using hub = await HubServer.start(gated);
    vi.stubEnv('HF_HOME', join(cache, 'home'));
    await mkdir(join(cache, 'home'));
    await writeFile(join(cache, 'home', 'token'), 'hf_madeUp\n');
    const { message, remedy } = await failure(resolve(hub));
    expect(hub.requests.length).toBeGreaterThan(0);
    expect(hub.requests.every((line) => line.endsWith(' Bearer hf_madeUp'))).toBe(true);
    expect(`${message} ${remedy}`).not.toContain('madeUp');

    hub.requests.length = 0;
    await failure(resolve(hub, { token: 'hf_option' }));
    expect(hub.requests.every((line) => line.endsWith(' Bearer hf_option'))).toBe(true);

    hub.requests.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', 'true');
    await failure(resolve(hub));
    expect(hub.requests).toEqual([]);
  });

  test('has other revisions, each pinned to its commit', async () => {
    await using hub = await HubServer.start(single);
    await resolve(hub, { revision: 'refs/pr/1' });
    expect(await readFile(join(folderOf(single), 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(COMMIT);
    expect(await failure(resolve(hub, { revision: 'v2' }))).toMatchObject({
      code: 'ERR_MODEL_NOT_FOUND',
      message: expect.stringContaining('Expected revision v2 of the model acme/tiny but found none'),
      remedy: expect.stringContaining('--revision'),
    });
  });

  test('is used from the cache while the hub is away, with a note', async () => {
    const hub = await HubServer.start(single);
    const { directory } = await resolve(hub);
    hub.intercept = (_, response) => {
      refuse(response, 503, '');
      return true;
    };
    const ill = await resolve(hub);
    expect(ill.directory).toBe(directory);
    expect(ill.events).toEqual([{ type: 'note', message: expect.stringContaining('it answered 503') }]);
    await hub[Symbol.asyncDispose]();
    const away = await drain(
      resolveModel('acme/tiny', { endpoint: 'http://127.0.0.1:9', cacheDirectory: cache }),
    );
    expect(away).toBe(directory);
  });

  test('is gone on with where the last run was killed, and where the connection broke', async () => {
    await using hub = await HubServer.start(single);
    const blobs = join(folderOf(single), 'blobs');
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, `${sha256(weights)}.incomplete`), weights.subarray(0, 1_000_000));
    let broken = 0;
    hub.intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors') || request.headers.range === 'bytes=0-0') return false;
      if (broken++ > 0) return false;
      response.writeHead(206, {
        'content-length': 2_000_000,
        'content-range': `bytes 1000000-2999999/3000000`,
      });
      response.write(weights.subarray(1_000_000, 1_500_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    const { directory, events } = await resolve(hub);
    await expectFiles(directory, single, names);
    const ranges = downloads(hub).filter((line) => /safetensors bytes=[1-9]/.test(line));
    expect(ranges[0]).toContain('bytes=1000000-2999999');
    expect(ranges[1]).toMatch(/bytes=1[0-5]\d{5}-2999999/);
    expect(ranges).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'note')).toHaveLength(1);
  });

  test('is begun anew if the server cannot go on', async () => {
    await using hub = await HubServer.start(single);
    const blobs = join(folderOf(single), 'blobs');
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, `${sha256(weights)}.incomplete`), weights.subarray(0, 1_000_000));
    hub.intercept = (request, response) => {
      if (!/bytes=[1-9]/.test(request.headers.range ?? '')) return false;
      delete request.headers.range;
      sendFile(request, response, weights, true, COMMIT);
      return true;
    };
    await expectFiles((await resolve(hub)).directory, single, names);
  });

  test('is refused, and deleted, if its content is not what was announced', async () => {
    await using hub = await HubServer.start(single);
    hub.intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors')) return false;
      sendFile(request, response, Buffer.alloc(weights.length), true, COMMIT);
      return true;
    };
    expect(await failure(resolve(hub))).toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: expect.stringContaining(`digest ${sha256(weights)} in model.safetensors but found others`),
    });
    const left = await readdir(join(folderOf(single), 'blobs'));
    expect(left.filter((name) => name.startsWith(sha256(weights)))).toEqual([]);
    await expect(access(join(folderOf(single), 'refs'))).rejects.toThrow('ENOENT');
    // What is there is not taken for a model.
    expect(await failure(resolve(hub, { localFilesOnly: true, revision: COMMIT }))).toMatchObject({
      code: 'ERR_MODEL_NOT_FOUND',
    });
  });

  test('may come from another host, which does not see the token', async () => {
    await using hub = await HubServer.start(single);
    const seen: unknown[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      sendFile(request, response, weights, true, COMMIT);
    });
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    try {
      hub.intercept = (request, response) => {
        if (!request.url!.endsWith('model.safetensors')) return false;
        const { port } = other.address() as AddressInfo;
        response.writeHead(302, { location: `http://localhost:${port}/blob` }).end();
        return true;
      };
      await expectFiles((await resolve(hub, { token: 'hf_secret' })).directory, single, names);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.filter((header) => header !== undefined)).toEqual([]);
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });

  test('is downloaded once by two at a time', async () => {
    await using hub = await HubServer.start(single);
    const both = await Promise.all([resolve(hub), resolve(hub)]);
    expect(both[0].directory).toBe(both[1].directory);
    await expectFiles(both[0].directory, single, names);
    const whole = downloads(hub).filter((line) => line.endsWith('model.safetensors'));
    expect(whole).toHaveLength(1);
  });

  test('stops when its signal fires, and leaves what it has', async () => {
    await using hub = await HubServer.start(single);
    const abort = new AbortController();
    hub.intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors') || request.headers.range !== undefined) return false;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 500_000), () => setTimeout(() => abort.abort(), 100));
      return true;
    };
    expect(await failure(resolve(hub, { signal: abort.signal }))).toMatchObject({ code: 'ERR_ABORTED' });
    const blobs = await readdir(join(folderOf(single), 'blobs'));
    expect(blobs).toContain(`${sha256(weights)}.incomplete`);
    expect(blobs.filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

describe('a model in shards', () => {
  test('has those of its index', async () => {
    await using hub = await HubServer.start(sharded);
    const { directory } = await resolve(hub);
    await expectFiles(directory, sharded, ['config.json', 'pytorch_model.bin.index.json', ...torchShards]);
    expect(directory).toBe(join(cache, 'models--tiny', 'snapshots', COMMIT));

    // A snapshot that lacks one is not whole.
    await rm(join(directory, torchShards[1]!));
    expect(await failure(resolve(hub, { localFilesOnly: true }))).toMatchObject({
      code: 'ERR_MODEL_NOT_FOUND',
      remedy: expect.stringContaining('--local-files-only'),
    });
    hub.requests.length = 0;
    await resolve(hub);
    expect(downloads(hub)).toEqual([]);
    await access(join(directory, torchShards[1]!));
  });

  test.each(['../../../evil.bin', '/evil.bin', '..\\evil.bin', 'sub/../../evil.bin'])(
    'cannot lead out of its directory by %s',
    async (file) => {
      const files = { ...sharded.files, 'pytorch_model.bin.index.json': index([file]), [file]: noise(10) };
      await using hub = await HubServer.start({ ...sharded, files });
      expect(await failure(resolve(hub))).toMatchObject({
        code: 'ERR_MODEL_FORMAT',
        message: expect.stringContaining('names of .bin files in the same directory'),
      });
      expect(downloads(hub).filter((line) => line.includes('evil'))).toEqual([]);
    },
  );

  test('may have them in folders', async () => {
    const files = {
      ...sharded.files,
      'pytorch_model.bin.index.json': index(['sub/part 1.bin']),
      'sub/part 1.bin': noise(10),
    };
    await using hub = await HubServer.start({ ...sharded, files });
    const { directory } = await resolve(hub);
    expect(files['sub/part 1.bin'].equals(await readFile(join(directory, 'sub/part 1.bin')))).toBe(true);
    expect((await resolve(hub, { localFilesOnly: true })).directory).toBe(directory);
  });

  test('must have them all', async () => {
    const files = { ...sharded.files, 'pytorch_model.bin.index.json': index(['pytorch_model-9.bin']) };
    await using hub = await HubServer.start({ ...sharded, files });
    expect(await failure(resolve(hub))).toMatchObject({
      code: 'ERR_MODEL_FORMAT',
      message: expect.stringContaining('the shard pytorch_model-9.bin'),
    });
  });
});

describe('a server', () => {
  test.each<[string, number, string, string | undefined, Partial<InputError>]>([
    [
      'that knows no such model',
      404,
      'RepoNotFound',
      undefined,
      {
        code: 'ERR_MODEL_NOT_FOUND',
        message: expect.stringContaining('find the model acme/tiny'),
        remedy: expect.stringContaining('set HF_TOKEN'),
      },
    ],
    [
      'that wants a login',
      401,
      'RepoNotFound',
      undefined,
      { code: 'ERR_MODEL_NOT_FOUND', remedy: expect.stringContaining('set HF_TOKEN') },
    ],
    [
      'that knows no such token',
      401,
      '',
      'hf_wrong',
      { code: 'ERR_MODEL_NOT_FOUND', remedy: expect.stringContaining('is valid') },
    ],
    [
      'that keeps the model to some',
      403,
      'GatedRepo',
      'hf_x',
      {
        code: 'ERR_DOWNLOAD',
        message: expect.stringContaining('is restricted'),
        remedy: expect.stringContaining('/acme/tiny'),
      },
    ],
    [
      'that is busy',
      429,
      '',
      undefined,
      {
        code: 'ERR_DOWNLOAD',
        message: expect.stringContaining('it answered 429'),
        remedy: expect.stringContaining('--local-files-only'),
      },
    ],
    [
      'that is ill',
      500,
      '',
      undefined,
      { code: 'ERR_DOWNLOAD', message: expect.stringContaining('it answered 500') },
    ],
  ])('%s', async (_what, status, code, token, expected) => {
    await using hub = await HubServer.start(single);
    hub.intercept = (_, response) => {
      refuse(response, status, code);
      return true;
    };
    const error = await failure(resolve(hub, { token }));
    expect(error).toMatchObject(expected);
    expect(`${error.message} ${error.remedy}`).not.toContain('hf_');
  });

  test('that fails in the middle is tried again, not for ever', async () => {
    await using hub = await HubServer.start(single);
    let refused = 0;
    hub.intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors')) return false;
      refused++;
      refuse(response, 503, '');
      return true;
    };
    expect(await failure(resolve(hub))).toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: expect.stringContaining('it answered 503'),
    });
    expect(refused).toBe(5);
  });

  test('that cannot be reached', async () => {
    const options = { endpoint: 'http://127.0.0.1:9', cacheDirectory: cache };
    expect(await failure(drain(resolveModel('acme/tiny', options)))).toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: expect.stringMatching(
        /^Found no directory \S+, nor a model of that name: could not reach the hub at 127\.0\.0\.1:9/,
      ),
      remedy: expect.stringContaining('HF_ENDPOINT'),
    });
  });

  test.each<[string, (path: string) => string | undefined]>([
    ['that is no hub', () => '<html></html>'],
    [
      'that gives a path for a commit',
      (path) => (path.includes('/revision/') ? '{"sha": "../../x"}' : undefined),
    ],
    ['that lists no list', (path) => (path.includes('/tree/') ? '{"a": 1}' : undefined)],
    [
      'that lists files without digests',
      (path) =>
        path.includes('/tree/') ? '[{"type":"file","path":"config.json","size":1,"oid":"../x"}]' : undefined,
    ],
    [
      'that lists sizes that are none',
      (path) =>
        path.includes('/tree/')
          ? `[{"type":"file","path":"config.json","size":-1,"oid":"${COMMIT}"}]`
          : undefined,
    ],
  ])('%s', async (_what, answer) => {
    await using hub = await HubServer.start(single);
    hub.intercept = (request, response) => {
      const body = answer(request.url!);
      if (body !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return body !== undefined;
    };
    expect(await failure(resolve(hub))).toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: expect.stringContaining('Expected the interface of a Hugging Face hub'),
    });
    await expect(access(folderOf(single))).rejects.toThrow('ENOENT');
  });

  test('that lists files outside the model: they are not asked for', async () => {
    await using hub = await HubServer.start(single);
    hub.listed = ['../../../evil', '/etc/evil', 'sub/config.json'].map((path) => ({
      type: 'file',
      path,
      size: 1,
      oid: COMMIT,
    }));
    await resolve(hub);
    expect(downloads(hub).filter((line) => /evil|sub/.test(line))).toEqual([]);
  });

  test.each([
    ['config.json', 'found no config.json'],
    ['model.safetensors', 'found no such weights'],
  ])('whose model has no %s', async (missing, sentence) => {
    const files = Object.fromEntries(
      Object.entries(single.files).filter(([name]) => name !== missing && name !== 'pytorch_model.bin'),
    );
    await using hub = await HubServer.start({ ...single, files });
    expect(await failure(resolve(hub))).toMatchObject({
      code: 'ERR_MODEL_UNSUPPORTED',
      message: expect.stringContaining(sentence),
    });
  });
});

describe('without a server', () => {
  test('an existing directory is returned as it is', async () => {
    expect(await drain(resolveModel(cache, { localFilesOnly: true }))).toBe(cache);
  });

  test.each([
    './none',
    '../none',
    '/none/x',
    'a/b/c',
    'a\\b',
    'a..b',
    'a--b/c',
    '~/x',
    '',
    'a/',
    'a b',
    '-x/y',
  ])('%j is neither a directory nor a name', async (name) => {
    const error = await failure(drain(resolveModel(name, { cacheDirectory: cache, localFilesOnly: true })));
    expect(error).toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
    expect(error.message).toContain('Expected a model directory, or a name of the hub such as org/name');
  });

  test('a file is no model', async () => {
    const path = join(cache, 'model.bin');
    await writeFile(path, '');
    expect((await failure(drain(resolveModel(path)))).message).toContain(`found the file ${path}`);
  });

  test('a model that is not cached is not found', async () => {
    const error = await failure(drain(resolveModel('a/b', { cacheDirectory: cache, localFilesOnly: true })));
    expect(error).toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
    expect(error.message).toContain(`revision main of the model a/b, whole, in the cache ${cache}`);
  });

  test.each<[string, ResolveModelOptions]>([
    ['revision', { revision: '../x' }],
    ['revision', { revision: '/x' }],
    ['revision', { revision: 'a//b' }],
    ['revision', { revision: '' }],
    ['endpoint', { endpoint: 'file:///etc' }],
    ['endpoint', { endpoint: 'hub' }],
    ['token', { token: 'a\nb' }],
    ['"localFilesonly"', { localFilesonly: true } as ResolveModelOptions],
  ])('a bad %s is named', async (what, options) => {
    const error = await failure(drain(resolveModel('a/b', { cacheDirectory: cache, ...options })));
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    expect(error.message).toContain(what);
  });
});
