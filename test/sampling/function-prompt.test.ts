import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionPrompt } from '../../lib/sampling/function-prompt.js';

const FIXTURE = join(import.meta.dirname, '../fixtures/sampling/function-prompts.jsonl');

describe('functionPrompt', () => {
  it('ends where Python says that signature and docstring end', async () => {
    const cases = (await readFile(FIXTURE, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { source: string; prompt: string | null });
    expect(cases.length).toBeGreaterThan(700);
    expect(cases.filter(({ prompt }) => prompt === null).length).toBeGreaterThan(10);
    for (const { source, prompt } of cases) expect(functionPrompt(source) ?? null, source).toBe(prompt);
  });

  it.each<[string, string, string | undefined]>([
    ['a signature alone', 'import os\ndef f(a):\n    return a\n', 'import os\ndef f(a):'],
    ['a docstring', 'def f():\n    """Doc."""\n    pass\n', 'def f():\n    """Doc."""'],
    ['a method', 'class A:\n    def f(self):\n        pass\ndef g(): pass', 'class A:\n    def f(self):'],
    [
      'Python 2',
      'print >>out, "def"\ndef f((a, b), c=`1`):\n    ur"doc"\n',
      'print >>out, "def"\ndef f((a, b), c=`1`):\n    ur"doc"',
    ],
    ['old line ends', 'def f():\r    "doc"\r    pass\r', 'def f():\r    "doc"'],
    ['a name with def in it', 'undefined = def_ = 0xdef\n', undefined],
    ['no text', '', undefined],
    ['a quote in a field of an f-string', `x = f"{'"'}"\ndef g(a):\n    pass\n`, `x = f"{'"'}"\ndef g(a):`],
    [
      'a field like a function',
      `x = f"{d["def f():"]}"\ndef g(a): pass\n`,
      `x = f"{d["def f():"]}"\ndef g(a):`,
    ],
    ['a t-string', `x = t"{d["a"]:{w}}"\ndef g(): pass\n`, `x = t"{d["a"]:{w}}"\ndef g():`],
    ['an f-string of one line that reaches over two', 'x = f"a\ndef f(): pass"\n', undefined],
    ['a field that is not closed', 'x = f"{a"\ndef f(): pass\n', undefined],
    ['a format that is not closed', 'x = f"{a:>"\ndef f(): pass\n', undefined],
    ['a string that is not closed', 'x = "\ndef f(): pass\n', undefined],
    ['a text that is not closed', 'x = """\ndef f(): pass\n', undefined],
    ['a signature that is torn', 'def f(a, b', undefined],
    ['a signature without a colon', 'def f(a)\n    pass\n', undefined],
  ])('reads %s', (_, source, prompt) => {
    expect(functionPrompt(source)).toBe(prompt);
  });

  it('takes time in proportion to the text, however deep or torn', () => {
    for (const source of [
      'f"{'.repeat(1e6),
      `f"{${'x:{'.repeat(1e6)}`,
      `f"{${'('.repeat(1e6)}`,
      '('.repeat(1e6),
      '"'.repeat(1e6 + 1),
      '\\\n'.repeat(5e5),
      'def '.repeat(2e5),
    ])
      expect(functionPrompt(source)).toBeUndefined();
  });
});
