/** Trees as they are met: whatever lies there, the rest of it is found, and what is not taken is told. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { digestDirectory } from '../../../lib/data/digest.js';
import { readDocuments } from '../../../lib/data/documents.js';
import type { OnLeftOut } from '../../../lib/data/left-out.js';
import { readTreeFile } from '../../../lib/data/trees/source-tree.js';
import { type WalkOptions, walkFiles } from '../../../lib/data/trees/walk.js';
import { collect, temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();
let trees = 0;

/** A tree of text files; names may be bytes. */
async function makeTree(names: readonly (string | Buffer)[]): Promise<string> {
  const root = join(directory, `tree${trees++}`);
  await mkdir(root);
  for (const name of names) {
    const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
    await mkdir(path.subarray(0, path.lastIndexOf('/')), { recursive: true });
    await writeFile(path, 'x = 1\n');
  }
  return root;
}

function teller(root: string) {
  const told: string[] = [];
  const onLeftOut: OnLeftOut = (reason, name) => told.push(`${reason} ${name.slice(root.length + 1)}`);
  return { told, onLeftOut };
}

async function walk(root: string, options: Partial<WalkOptions> = {}) {
  const { told, onLeftOut } = teller(root);
  const files = await collect(walkFiles(root, { hidden: false, onLeftOut, ...options }));
  return { names: files.map(({ name }) => name), told };
}

test('names that are not UTF-8 are shown with U+FFFD, told apart, and can be read', async () => {
  const bytes = (name: string) => Buffer.from(name, 'latin1');
  const root = await makeTree([
    bytes('caf\xe9.py'),
    bytes('caf\xe8.py'),
    'caf\ufffd.py',
    bytes('d\xff/inner.py'),
    bytes('d\xff/\xfe.py'),
    'plain.py',
  ]);
  const documents = await collect(readDocuments(root));
  expect(documents.map(({ id, text, path }) => [id, text, relative(root, path!)])).toEqual(
    [
      'caf\ufffd.py',
      'caf\ufffd.py#2',
      'caf\ufffd.py#3',
      'd\ufffd/inner.py',
      'd\ufffd/\ufffd.py',
      'plain.py',
    ].map((name) => [name, 'x = 1\n', name]),
  );
  const digest = await digestDirectory(root);
  await writeFile(Buffer.concat([Buffer.from(`${root}/d`), Buffer.of(0xff), Buffer.from('/inner.py')]), 'y');
  expect(await digestDirectory(root)).not.toBe(digest);
});

test('links that lead nowhere or in circles, pipes, sockets and devices are left out and told', async () => {
  const root = await makeTree(['a.py', 'sub/b.py']);
  await symlink('self', join(root, 'self'));
  await symlink('pong', join(root, 'ping'));
  await symlink('ping', join(root, 'pong'));
  await symlink('nothing', join(root, 'dangling'));
  await symlink('a.py/below', join(root, 'through'));
  await symlink('..', join(root, 'sub/up'));
  await symlink('../a.py', join(root, 'sub/a.py'));
  await symlink('/dev/null', join(root, 'null'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const server = createServer().listen(join(root, 'socket'));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await walk(root)).toEqual({
    names: ['a.py', 'sub/a.py', 'sub/b.py'],
    told: [
      'link dangling',
      'special null',
      'link ping',
      'special pipe',
      'link pong',
      'link self',
      'special socket',
      'linked-directory sub/up',
      'link through',
    ],
  });
});

/** As somebody who may not read everything. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const user = process.geteuid!();
  if (user !== 0) return work();
  process.seteuid!(65534);
  try {
    await work();
  } finally {
    process.seteuid!(user);
  }
}

test('folders and files that may not be read are left out and told, by the digest too', async () => {
  const root = await makeTree(['a.py', 'closed/b.py', 'listed/c.py', 'z.py']);
  await chmod(directory, 0o755);
  const { told, onLeftOut } = teller(root);
  const open = await digestDirectory(root);
  await chmod(join(root, 'closed'), 0);
  await chmod(join(root, 'listed/c.py'), 0);
  try {
    await asNobody(async () => {
      const documents = await collect(readDocuments(root, { onLeftOut }));
      expect(documents.map(({ id }) => id)).toEqual(['a.py', 'z.py']);
      expect(told).toEqual(['unreadable closed/', 'unreadable listed/c.py']);
      expect(await digestDirectory(root, { hidden: true, onLeftOut })).not.toBe(open);
      expect(told.slice(2)).toEqual(['unreadable closed/', 'unreadable listed/c.py']);
    });
  } finally {
    await chmod(join(root, 'closed'), 0o755);
  }
});

test('what vanishes while the tree is read is left out and told', async () => {
  const root = await makeTree(['a.py', 'b.py', 'c/d.py', 'e.py']);
  const { told, onLeftOut } = teller(root);
  const texts: string[] = [];
  for await (const file of walkFiles(root, { hidden: false, onLeftOut })) {
    if (file.name === 'a.py') {
      await rm(join(root, 'b.py'));
      await rm(join(root, 'c'), { recursive: true });
    }
    if (file.name === 'e.py') await rm(join(root, 'e.py'));
    for await (const { text } of readTreeFile(file, onLeftOut)) texts.push(text);
  }
  expect(texts).toEqual(['x = 1\n']);
  expect(told).toEqual(['vanished b.py', 'vanished c/', 'vanished e.py']);
});

test('a tree deeper than paths may be long does not end the walk', async () => {
  const root = await makeTree(['z.py']);
  const name = 'n'.repeat(250);
  execFileSync(
    'bash',
    ['-c', `for i in {1..20}; do mkdir ${name} && cd ${name} || exit 1; done; echo > deep.py`],
    {
      cwd: root,
    },
  );
  onTestFinished(() => void execFileSync('rm', ['-rf', root]));
  const { names, told } = await walk(root);
  expect(names).toEqual(['z.py']);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^unreadable (n{250}\/)+$/);
});

test('patterns choose as git would', async () => {
  const names = [
    'a.py',
    'a.js',
    'B.PY',
    'src/a.py',
    'src/gen/x.py',
    'src/gen/keep.py',
    'build/y.py',
    'lib/build/z.py',
    'docs/a b.md',
    'docs/[x].md',
    'deep/er/est/a.py',
    '#odd',
    '!odd',
    'tests/test_a.py',
  ];
  const root = await makeTree(names);
  execFileSync('git', ['init', '-q'], { cwd: root });
  const cases: string[][] = [
    ['*.py'],
    ['/build/'],
    ['build/'],
    ['src/gen/*', '!src/gen/keep.py'],
    ['**/er/**'],
    ['*', '!*.md', '!docs/'],
    ['\\#odd', '\\!odd'],
    ['docs/\\[x\\].md', 'docs/a b.md'],
    ['[a-b].py'],
    ['test?'],
  ];
  for (const patterns of cases) {
    await writeFile(join(root, '.git/info/exclude'), `${patterns.join('\n')}\n`);
    const excluded = execFileSync('git', ['ls-files', '-o', '-i', '--exclude-standard', '-z'], { cwd: root })
      .toString()
      .split('\0')
      .slice(0, -1);
    expect(excluded.length, patterns.join()).toBeGreaterThan(0);
    const rest = names.filter((name) => !excluded.includes(name)).sort();
    expect((await walk(root, { exclude: patterns })).names.sort(), patterns.join()).toEqual(rest);
    // Without `!`, what is included is what would be excluded.
    if (patterns.some((pattern) => pattern.startsWith('!'))) continue;
    expect((await walk(root, { include: patterns })).names.sort(), patterns.join()).toEqual(excluded.sort());
  }
});

test('what patterns, size and a leading dot leave out is told, a directory by one name', async () => {
  const root = await makeTree(['.env', '.cache/a', 'a.py', 'b.js', 'node_modules/x/y.py', 'large.py']);
  await writeFile(join(root, 'large.py'), 'x'.repeat(11));
  expect(await walk(root, { include: ['*.py'], exclude: ['node_modules'], maxFileBytes: 10 })).toEqual({
    names: ['a.py'],
    told: ['hidden .cache/', 'hidden .env', 'not-included b.js', 'large large.py', 'excluded node_modules/'],
  });
  expect((await walk(root, { hidden: true })).names).toContain('.cache/a');
});

test.each(['', ' ', '#comment', 'half\\', 'a\nb'])('%j is no pattern', async (pattern) => {
  await expect(walk(directory, { exclude: [pattern] })).rejects.toThrow(
    /^Expected a pattern as in \.gitignore for --include or --exclude but received ".*"\.$/,
  );
});

test('of readers of text, .git is never taken unless it is asked for', async () => {
  const root = await makeTree(['.git/config', '.env', 'a.py', 'sub/.git']);
  const ids = async (exclude: string[]) =>
    (await collect(readDocuments(root, { hidden: true, exclude }))).map(({ id }) => id);
  expect(await ids([])).toEqual(['.env', 'a.py']);
  expect(await ids(['!.git'])).toEqual(['.env', '.git/config', 'a.py', 'sub/.git']);
});
