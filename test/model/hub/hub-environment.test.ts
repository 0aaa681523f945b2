import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultCacheDirectory, defaultToken, isOffline } from '../../../lib/model/hub/hub-environment.js';
import { temporaryDirectory } from '../../data/temporary.js';

// What huggingface_hub 2.4 makes of the same variables.
const home = temporaryDirectory();
await writeFile(join(home, 'token'), ' of-home\r\n');
await writeFile(join(home, 'other'), 'of-path');
await writeFile(join(home, 'blank'), ' \n');
await writeFile(join(home, 'huge'), '');
await truncate(join(home, 'huge'), 2 ** 40);
await mkdir(join(home, 'folder'));

describe('the token', () => {
  test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
    ['of the file in HF_HOME', {}, 'of-home'],
    ['of another file', { HF_TOKEN_PATH: join(home, 'other') }, 'of-path'],
    ['of a file named by a variable', { HF_TOKEN_PATH: '$HF_HOME/other' }, 'of-path'],
    ['of HF_TOKEN first', { HF_TOKEN: ' of-variable\n', HF_TOKEN_PATH: join(home, 'other') }, 'of-variable'],
    ['of the old variable', { HUGGING_FACE_HUB_TOKEN: 'of-old' }, 'of-old'],
    ['of the new variable before the old', { HF_TOKEN: 'new', HUGGING_FACE_HUB_TOKEN: 'old' }, 'new'],
    ['of the file if the variable is blank', { HF_TOKEN: ' ' }, 'of-home'],
    ['of nobody who is not logged in', { HF_HOME: join(home, 'folder') }, undefined],
    ['of a blank file', { HF_TOKEN_PATH: join(home, 'blank') }, undefined],
    ['of a directory', { HF_TOKEN_PATH: join(home, 'folder') }, undefined],
    ['of a file that is none', { HF_TOKEN_PATH: join(home, 'huge') }, undefined],
    ['that is not to be sent', { HF_TOKEN: 'x', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, undefined],
  ])('%s', (_what, environment, token) => {
    expect(defaultToken({ HF_HOME: home, ...environment })).toBe(token);
  });
});

test.each([
  ...['1', 'true', 'TRUE', 'True', 'on', 'ON', 'yes', 'Yes'].map((value): [string, boolean] => [value, true]),
  ...['', '0', 'false', 'off', 'no', '2', 'y', ' true'].map((value): [string, boolean] => [value, false]),
])('HF_HUB_OFFLINE=%s is %s', (value, offline) => {
  expect(isOffline({ HF_HUB_OFFLINE: value })).toBe(offline);
});

test('TRANSFORMERS_OFFLINE counts where the hub has no word of its own', () => {
  expect(isOffline({ TRANSFORMERS_OFFLINE: '1' })).toBe(true);
  expect(isOffline({ TRANSFORMERS_OFFLINE: '1', HF_HUB_OFFLINE: '0' })).toBe(false);
});

test.each<[NodeJS.ProcessEnv, string]>([
  [{}, join(homedir(), '.cache/huggingface/hub')],
  [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/x', HF_HOME: '~/y' }, join(homedir(), 'y/hub')],
  [{ HF_HOME: '/y', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  [{ HF_HUB_CACHE: '$HF_HOME/z', HF_HOME: '/y', HUGGINGFACE_HUB_CACHE: '/old' }, '/y/z'],
  [{ HF_HUB_CACHE: '$UNKNOWN/z' }, '$UNKNOWN/z'],
])('the cache of %o is %s', (environment, directory) => {
  expect(defaultCacheDirectory(environment)).toBe(directory);
});
