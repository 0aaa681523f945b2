/** Files that were asked for and cannot be read: said, counted, recorded, and in the exit code. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';
import { workspace } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
const at = (name: string) => space.at(name);

beforeAll(async () => {
  space = await workspace();
  mkdirSync(at('tree'));
  writeFileSync(at('tree/a.py'), 'key = "AKIAQ7XJ2MPLW5TNZR4K"\n');
  // No user, root included, can open what lies deeper than a path may be long.
  const name = 'n'.repeat(250);
  const script = `for i in {1..20}; do mkdir ${name} && cd ${name} || exit 1; done; echo > deep.py`;
  execFileSync('bash', ['-c', script], { cwd: at('tree') });
});
afterAll(() => {
  execFileSync('rm', ['-rf', at('tree')]);
  return space[Symbol.asyncDispose]();
});
afterEach(() => vi.restoreAllMocks());

async function lethe(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    return { code: await main(args), stderr };
  } finally {
    vi.restoreAllMocks();
  }
}

const SAID = /^Left out 1 \(cannot be read\): /m;
const LEFT_OUT = { unreadable: { count: 1, names: [expect.stringContaining('tree/nnn')] } };

test('secrets scan says so each time, and is no finished one', async () => {
  const output = at('secrets.jsonl');
  const args = ['secrets', 'scan', '--input', at('tree'), '--output', output];
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await lethe(...args);
    expect(stderr).toMatch(SAID);
    expect(code).toBe(3);
    const { results } = JSON.parse(readFileSync(`${output}.run.json`, 'utf8'));
    expect(results).toMatchObject({ documents: 1, unfinished: true, leftOut: LEFT_OUT });
  }
  const { code, stderr } = await lethe(...args, '--exclude', 'nnn*/');
  expect(stderr).not.toMatch(SAID);
  expect(code).toBe(0);
});

test('corpus build says so each time', async () => {
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await lethe('corpus', 'build', at('tree'), '--output', at('corpus'));
    expect(stderr).toMatch(SAID);
    expect(code).toBe(3);
  }
  const manifest = JSON.parse(readFileSync(join(at('corpus'), 'corpus.json'), 'utf8'));
  expect(manifest).toMatchObject({ documents: 1, complete: true, leftOut: LEFT_OUT });
  rmSync(at('corpus'), { recursive: true });
});
