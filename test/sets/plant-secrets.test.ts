import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filterSecrets } from '../../lib/secrets/filter.js';
import { scanSecrets } from '../../lib/secrets/scan.js';
import { PLANT_KINDS, type PlantKind } from '../../lib/sets/made-up-secrets.js';
import { plantSecrets } from '../../lib/sets/plant-secrets.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const code = (
  id: string,
  text = `let ${id.replace(/\W/g, '_')} = 1;\n\nfunction f() {\n  return 2;\n}\n\nf();\n`,
) => ({
  id,
  text,
});
const real = ['lib/check.ts', 'lib/errors.ts', 'lib/progress.ts', 'lib/secrets/detectors/email.ts'].map(
  (path) => code(path, read(path)),
);
const kinds = Object.keys(PLANT_KINDS) as PlantKind[];

describe('plantSecrets', () => {
  test('what it plants is found, whole and in place, in real code', () => {
    const { documents, planted } = plantSecrets(real, { perDocument: 6 });
    expect(planted).toHaveLength(real.length);
    for (const [index, { id, secrets }] of planted.entries()) {
      const { text } = documents.find((document) => document.id === id)!;
      expect(secrets).toHaveLength(6);
      for (const { value, start, end } of secrets) expect(text.slice(start, end)).toBe(value);
      const found = filterSecrets(scanSecrets(text));
      expect(found).toEqual(expect.arrayContaining([...secrets]));
      // Without the planted lines it is the text that came in.
      const kept = text.split('\n').filter((line) => !secrets.some(({ value }) => line.includes(value)));
      expect(kept.join('\n')).toBe(real[index]!.text);
    }
  });

  test.each(kinds)('plants %s, a hundred times', (kind) => {
    const documents = Array.from({ length: 50 }, (_, i) => code(`${i}.js`));
    const { planted } = plantSecrets(documents, { kinds: [kind], perDocument: 2 });
    const values = planted.flatMap(({ secrets }) => secrets.map(({ value }) => value));
    expect(new Set(values).size).toBe(100);
  });

  test.each([
    ['a.js', /^const \w+ = '.+';$/m],
    ['a.py', /^\w+ = ".+"$/m],
    ['a.lua', /^local \w+ = ".+"$/m],
    ['a.rs', /^const \w+: &str = ".+";$/m],
  ])('%s: a line of its language', (id, line) => {
    const { documents } = plantSecrets([code(id, 'x = 1\n')], { kinds: ['github'], perDocument: 1 });
    expect(documents[0]!.text).toMatch(line);
  });

  test('an address stands in a comment', () => {
    const { documents } = plantSecrets([code('a.py', 'x = 1\n')], { kinds: ['email'], perDocument: 1 });
    expect(documents[0]!.text).toMatch(/^x = 1\n# [a-z ]+: [a-z.]+\d\d@[a-z-]+\.invalid\n$/);
  });

  test('lines stand between statements of the top level, neither in a body nor in a comment', () => {
    const text = '#!/usr/bin/env node\n/*\n\ncomment\n*/\nfunction f() {\n\n  return 1;\n}\n\nf();\n';
    for (let seed = 0; seed < 20; seed++) {
      const { documents } = plantSecrets([code('a.js', text)], { seed, perDocument: 1 });
      expect(documents[0]!.text.replace(/\n.*\nf\(\);\n$/, '\nf();\n')).toBe(text);
    }
  });

  test('within keeps secrets near the beginning', () => {
    const text = 'f();\n\ng();\n'.repeat(100);
    for (let seed = 0; seed < 20; seed++) {
      const { planted } = plantSecrets([code('a.js', text)], { seed, within: 50, perDocument: 1 });
      expect(planted[0]!.secrets[0]!.start).toBeLessThan(90);
    }
  });

  test('count documents are chosen by the seed, the others stay as they are', () => {
    const documents = Array.from({ length: 20 }, (_, i) => code(`${i}.js`));
    const first = plantSecrets(documents, { count: 5, seed: 1 });
    expect(plantSecrets(documents, { count: 5, seed: 1 })).toEqual(first);
    expect(plantSecrets(documents, { count: 5, seed: 2 })).not.toEqual(first);
    const changed = first.documents.filter((document, i) => document !== documents[i]).map(({ id }) => id);
    expect(changed).toEqual(first.planted.map(({ id }) => id));
    expect(changed).toHaveLength(5);
  });

  test('documents that speak of hashes or of an unknown language are left alone', () => {
    const documents = [code('a.js', 'sha256(x);\n'), code('a.xyz'), code('b.js')];
    const result = plantSecrets(documents);
    expect(result.planted.map(({ id }) => id)).toEqual(['b.js']);
    expect(result.documents.slice(0, 2)).toEqual(documents.slice(0, 2));
    expect(() => plantSecrets(documents, { count: 2 })).toThrow(/at least 2 documents .* found 1 among 3/);
  });

  test.each([
    [{ perDocument: 0 }, /number >= 1 for perDocument/],
    [{ kinds: ['gold'] }, /one of "email", "github"/],
    [{ within: 1.5 }, /integer for within/],
    [{ number: 3 }, /"number"/],
  ])('%j is refused', (options, message) => {
    expect(() => plantSecrets([code('a.js')], options as never)).toThrow(message);
  });
});
