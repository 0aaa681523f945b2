/** Who may import whom, in TypeScript and in C++. The order is the one table below; DESIGN section 1 explains it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** The order in which data flows. A stage imports from itself, from stages before it, and from the shared vocabulary. */
const STAGES = [
  'native',
  'model',
  'data',
  'sampling',
  'clones',
  'memorization',
  'secrets',
  'sets',
  'training',
  'unlearning',
  'privacy',
  'synthesis',
  'evaluation',
  'sandbox',
  'mission',
  'report',
  'index.ts',
  'cli',
];

/** Files of `lib` that every stage may import and that import no stage. */
const SHARED = [
  'errors.ts',
  'counted.ts',
  'check.ts',
  'random.ts',
  'progress.ts',
  'files.ts',
  'lock.ts',
  'parallel.ts',
  'json.ts',
  'package.ts',
  'text-encoding.ts',
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Sources = Readonly<Record<string, string>>;

function readSources(directory: string, extension: RegExp): Sources {
  const root = join(ROOT, directory);
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')]),
  );
}

/** Files below `lib`, e.g. `model/model.ts`, that a file imports: declarations, re-exports, `import()` and `import('...')` types. */
function importsOf(file: string, source: string): string[] {
  const found: string[] = [];
  const add = (specifier: ts.Node | undefined) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    found.push(posix.join(posix.dirname(file), specifier.text).replace(/\.js$/, '.ts'));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest));
  return found;
}

function stageOf(file: string): string {
  return file.split('/')[0]!;
}

/** One sentence for every import against the order. */
function orderViolations(sources: Sources): string[] {
  const violations: string[] = [];
  for (const [file, source] of Object.entries(sources)) {
    const from = stageOf(file);
    if (!SHARED.includes(from) && !STAGES.includes(from)) violations.push(`${file} belongs to no stage`);
    for (const target of importsOf(file, source)) {
      const to = stageOf(target);
      if (to === '..') violations.push(`${file} imports ${target}, outside lib`);
      else if (SHARED.includes(to) || from === to) continue;
      else if (SHARED.includes(from)) violations.push(`${file} is shared and imports ${target}`);
      else if (STAGES.indexOf(to) > STAGES.indexOf(from))
        violations.push(`${file} imports ${target}, a later stage`);
    }
  }
  return violations;
}

/** Cycles of imports, those of types included, each from its first file back to itself. */
function importCycles(sources: Sources): string[] {
  const cycles = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      cycles.add([...trail.slice(start), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const target of importsOf(file, sources[file] ?? ''))
      if (target in sources) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of Object.keys(sources).sort()) walk(file, []);
  return [...cycles];
}

/** `file includes header` for every include that `forbidden` matches. */
function forbiddenIncludes(sources: Sources, forbidden: RegExp): string[] {
  return Object.entries(sources).flatMap(([file, source]) =>
    [...source.matchAll(/^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm)]
      .filter(([, header]) => forbidden.test(header!))
      .map(([, header]) => `${file} includes ${header}`),
  );
}

describe('the rules find what is against them', () => {
  test.each<[string, Sources, string[]]>([
    ['an allowed import', { 'model/a.ts': "import { b } from '../native/b.js';" }, []],
    ['a package', { 'model/a.ts': "import { b } from 'cli';" }, []],
    [
      'a later stage',
      { 'model/a.ts': "import { b } from '../data/b.js';" },
      ['model/a.ts imports data/b.ts, a later stage'],
    ],
    [
      'only a type of it',
      { 'data/a.ts': "import type { B } from '../cli/b.js';" },
      ['data/a.ts imports cli/b.ts, a later stage'],
    ],
    [
      'a re-export',
      { 'data/a.ts': "export * from '../sets/b.js';" },
      ['data/a.ts imports sets/b.ts, a later stage'],
    ],
    [
      'an import on demand',
      { 'data/a.ts': "await import('../report/b.js');" },
      ['data/a.ts imports report/b.ts, a later stage'],
    ],
    [
      'a type in place',
      { 'data/a.ts': "let b: import('../cli/b.js').B;" },
      ['data/a.ts imports cli/b.ts, a later stage'],
    ],
    [
      'the public API from a stage',
      { 'sets/a.ts': "import { b } from '../index.js';" },
      ['sets/a.ts imports index.ts, a later stage'],
    ],
    [
      'a stage from the shared vocabulary',
      { 'errors.ts': "import { b } from './native/b.js';" },
      ['errors.ts is shared and imports native/b.ts'],
    ],
    ['a folder of no stage', { 'utils/a.ts': '' }, ['utils/a.ts belongs to no stage']],
    [
      'something outside lib',
      { 'model/a.ts': "import { b } from '../../scripts/b.js';" },
      ['model/a.ts imports ../scripts/b.ts, outside lib'],
    ],
    ['a comment', { 'model/a.ts': "// import { b } from '../cli/b.js';" }, []],
  ])('%s', (_what, sources, violations) => {
    expect(orderViolations(sources)).toEqual(violations);
  });

  test('cycles, those of types as well', () => {
    const cycle = {
      'clones/a.ts': "import { b } from './b.js';",
      'clones/b.ts': "import { a } from './a.js';",
    };
    expect(importCycles(cycle)).toEqual(['clones/a.ts -> clones/b.ts -> clones/a.ts']);
    expect(importCycles({ ...cycle, 'clones/b.ts': "import type { A } from './a.js';" })).toHaveLength(1);
    expect(importCycles({ ...cycle, 'clones/b.ts': "let a: import('./a.js').A;" })).toHaveLength(1);
    expect(importCycles({ ...cycle, 'clones/b.ts': '' })).toEqual([]);
  });

  test('headers', () => {
    const sources = { 'a.cc': '#include <vector>\n  # include "napi.h"\n// #include <napi.h>\n' };
    expect(forbiddenIncludes(sources, /napi/)).toEqual(['a.cc includes napi.h']);
  });
});

describe('the repository', () => {
  const sources = readSources('lib', /\.ts$/);

  test('a stage imports only from stages before it', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(20);
    expect(orderViolations(sources)).toEqual([]);
  });

  test('no file imports itself by a detour', () => {
    expect(importCycles(sources)).toEqual([]);
  });

  test('zod is imported as a namespace, of which only what is used is bundled', () => {
    const whole = Object.keys(sources).filter((file) =>
      /import (?:type )?\{[^}]*\} from 'zod'/.test(sources[file]!),
    );
    expect(whole).toEqual([]);
  });

  test('native/core has never heard of Node, nor of what binds it to Node', () => {
    const core = readSources('native/core', /\.(cc|h)$/);
    expect(Object.keys(core).length).toBeGreaterThan(5);
    expect(forbiddenIncludes(core, /napi|node_api|^(node|v8|uv)\.h|binding|preload/)).toEqual([]);
  });

  test('native/preload has never heard of libtorch', () => {
    const preload = readSources('native/preload', /\.(cc|h)$/);
    expect(Object.keys(preload)).toEqual(['preload.cc']);
    expect(forbiddenIncludes(preload, /ATen|c10|torch|core|binding/)).toEqual([]);
  });
});
