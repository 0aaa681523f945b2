import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readFunctionPrompts, readHashedPrompt } from '../../lib/sampling/prompts.js';
import { promptHash, resultsDirectory } from '../../lib/sampling/results-directory.js';
import { newDirectory } from './tiny.js';

let directory: string;
beforeEach(async () => {
  directory = await newDirectory();
});
const at = (...names: string[]) => join(directory, ...names);
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

describe('readHashedPrompt', () => {
  const prompt = '# Copyright é\n\n';

  it('finds a prompt by its SHA-1', async () => {
    const others = { [sha1('b')]: { prompt: 'b', occurrence: 1, fingerprints: [] } };
    const entry = { prompt, occurrence: 3, fingerprints: ['f'] };
    await writeFile(at('prompts.json'), JSON.stringify({ ...others, [sha1(prompt)]: entry }));
    expect(await readHashedPrompt(at('prompts.json'), sha1(prompt))).toBe(prompt);
    expect(promptHash(prompt)).toBe(sha1(prompt));
  });

  it.each<[string, unknown, string, RegExp]>([
    ['a hash that is none', {}, 'abc', /40 hexadecimal digits, but received "abc"/],
    [
      'another hash',
      { [sha1('b')]: { prompt: 'b' } },
      sha1('a'),
      /Expected the prompt 86f7\w+ in .* but found 1 others/,
    ],
    ['a name that objects have', {}, 'constructor', /40 hexadecimal digits/],
    ['a list', [], sha1('a'), /found no object/],
    [
      'an entry without a prompt',
      { [sha1('a')]: { text: 'a' } },
      sha1('a'),
      /Expected a string for prompt in 86f7/,
    ],
    ['a prompt of another hash', { [sha1('a')]: { prompt: 'b' } }, sha1('a'), /but found one with e9d7/],
  ])('refuses %s', async (_, content, hash, message) => {
    await writeFile(at('prompts.json'), JSON.stringify(content));
    await expect(readHashedPrompt(at('prompts.json'), hash)).rejects.toThrow(message);
  });
});

describe('readFunctionPrompts', () => {
  it('reads the Python files of directories, in order and each prompt once', async () => {
    await mkdir(at('tree', 'b'), { recursive: true });
    await writeFile(at('tree', 'c.py'), 'def c():\n  pass\n');
    await writeFile(at('tree', 'b', 'x.py'), '\ufeffdef b():\n  "doc"\n');
    await writeFile(at('tree', 'b', 'y.py'), 'def b():\n  "doc"\n  return 2\n');
    await writeFile(at('tree', 'd.txt'), 'def d(): pass\n');
    await writeFile(at('tree', 'e.py'), 'x = 1\n');
    await writeFile(at('tree', 'f.py'), Buffer.from('x = "\xff"\ndef f(): pass\n', 'latin1'));
    await writeFile(at('other'), 'def other(): pass\n');
    await writeFile(at('tree', '.h.py'), 'def h(): pass\n');
    await writeFile(at('tree', '.h.txt'), '');
    await writeFile(at('tree', 'g.py'), Buffer.from('\ufeffdef g(): pass\n', 'utf16le'));
    const leftOut: string[] = [];
    const onLeftOut = (reason: string, name: string) =>
      leftOut.push(`${reason} ${relative(directory, name)}`);
    expect(await readFunctionPrompts([at('tree'), at('other')], { onLeftOut })).toEqual([
      'def b():\n  "doc"',
      'def c():',
      'def g():',
      'def other():',
    ]);
    expect(leftOut).toEqual(['hidden tree/.h.py', 'no-function tree/e.py', 'not-text tree/f.py']);
    expect(await readFunctionPrompts([at('tree')], { hidden: true, exclude: ['b', 'g.py'] })).toEqual([
      'def h():',
      'def c():',
    ]);
  });

  it('refuses files without any function', async () => {
    await expect(readFunctionPrompts([directory])).rejects.toThrow(/but found no such files/);
    await writeFile(at('e.py'), 'x = 1\n');
    await expect(readFunctionPrompts([directory])).rejects.toThrow(/but found none in 1 files/);
    await expect(readFunctionPrompts([at('none')])).rejects.toThrow(/none: it does not exist/);
  });
});

describe('resultsDirectory', () => {
  it.each([
    [{ model: 'codeparrot/codeparrot-small', prompted: false }, 'codeparrot-small-temp1.0-len512-k40-npg'],
    [
      { model: 'models/own/', prompted: true, temperature: 0.8, topK: 0, maxTokens: 64 },
      'own-temp0.8-len64-k0',
    ],
    [{ model: 'm', prompted: false, temperature: 'decaying' as const }, 'm-tempdecaying-len512-k0-npg'],
  ])('is called as published: %j', (options, name) => {
    expect(resultsDirectory(options)).toBe(join('results', name));
  });
});
