import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drain } from '../../../lib/progress.js';
import { QUOTED_RULES } from '../../../lib/secrets/detectors/quoted-strings.js';
import { KEY_RULES } from '../../../lib/secrets/detectors/rules.js';
import { compileRules } from '../../../lib/secrets/rules-file/compile-rules.js';
import { readRules } from '../../../lib/secrets/rules-file/rules-file.js';
import { scanSecrets } from '../../../lib/secrets/scan.js';
import { scanDocuments } from '../../../lib/secrets/scan-documents.js';

const KEY = `ghp_${'x9Kq2ZvT7wLp4RjX8bNc5GfD3hYs6MkV1QzW'}`;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-rules-'));
});
afterAll(() => rm(directory, { recursive: true }));

const save = async (toml: string, name = 'rules.toml'): Promise<string> => {
  await writeFile(join(directory, name), toml);
  return join(directory, name);
};
const load = async (toml: string) => compileRules(await readRules(await save(toml)));
const find = async (toml: string, text: string, path?: string): Promise<string[]> => {
  const rules = await load(toml);
  return scanSecrets(text, { rules, path }).map(({ type, value }) => `${type}: ${value}`);
};
const RULE = `[[rules]]\nid = "acme"\nregex = '''(?i)acme_([a-z0-9]{8})\\b'''\nkeywords = ["acme_"]\n`;

describe('rules of a file', () => {
  test('by group, keyword and any case; alone, and beside the rules that Lethe has', async () => {
    const text = `a = ACME_abcd1234\nk = ${KEY}`;
    expect(await find(RULE, text)).toEqual(['acme: abcd1234']);
    expect(await find(`[extend]\nuseDefault = true\n${RULE}`, text)).toEqual([
      'acme: abcd1234',
      `GitHub Token: ${KEY}`,
    ]);
  });

  test.each([
    ['one switched off', `[extend]\nuseDefault = true\ndisabledRules = ["github"]`, []],
    [
      'one replaced',
      `[extend]\nuseDefault = true\n[[rules]]\nid = "github"\nregex = '''ghp_\\w{10}'''`,
      [`github: ${KEY.slice(0, 14)}`],
    ],
    ['the place of secretGroup', `[[rules]]\nid = "g"\nregex = '''(gh)(p)_x'''\nsecretGroup = 2`, ['g: p']],
    ['entropy, not enough', `[[rules]]\nid = "e"\nregex = '''ghp_\\w{36}'''\nentropy = 6.0`, []],
    ['entropy, enough', `[[rules]]\nid = "e"\nregex = '''ghp_\\w{36}'''\nentropy = 4.0`, [`e: ${KEY}`]],
    ['another path', `[[rules]]\nid = "p"\nregex = '''ghp_\\w{36}'''\npath = '''\\.env$'''`, []],
    ['its path', `[[rules]]\nid = "p"\nregex = '''ghp_\\w{36}'''\npath = '''\\.py$'''`, [`p: ${KEY}`]],
    ['no keyword of it', `[[rules]]\nid = "k"\nregex = '''ghp_\\w{36}'''\nkeywords = ["gitlab"]`, []],
    [
      'a keyword that is not ASCII',
      `[[rules]]\nid = "k"\nregex = '''ghp_\\w{36}'''\nkeywords = ["ключ"]`,
      [`k: ${KEY}`],
    ],
    [
      'a stopword',
      `[[rules]]\nid = "s"\nregex = '''ghp_\\w{36}'''\n[[rules.allowlists]]\nstopwords = ["X9K"]`,
      [],
    ],
    [
      'an allowed line',
      `[[rules]]\nid = "s"\nregex = '''ghp_\\w{36}'''\n[rules.allowlist]\nregexTarget = "line"\nregexes = ['''^k = ''']`,
      [],
    ],
    [
      'allowed if both hold',
      `[[rules]]\nid = "s"\nregex = '''ghp_\\w{36}'''\n[[rules.allowlists]]\ncondition = "AND"\nstopwords = ["x9k"]\npaths = ['''\\.js$''']`,
      [`s: ${KEY}`],
    ],
    [
      'allowed for another rule',
      `[[rules]]\nid = "s"\nregex = '''ghp_\\w{36}'''\n[[allowlists]]\ntargetRules = ["t"]\npaths = ['''.''']`,
      [`s: ${KEY}`],
    ],
    [
      'allowed for all',
      `[[rules]]\nid = "s"\nregex = '''ghp_\\w{36}'''\n[allowlist]\npaths = ['''a\\.py''']`,
      [],
    ],
  ])('%s', async (_, toml, expected) => {
    expect(await find(toml, `k = ${KEY};`, 'src/a.py')).toEqual(expected);
  });

  test('of the rules of a file that is extended, those of the same id are replaced', async () => {
    await save(`${RULE}[[rules]]\nid = "other"\nregex = '''zed'''\n`, 'base.toml');
    const toml = `[extend]\npath = "base.toml"\n[[rules]]\nid = "acme"\nregex = '''bcme'''\n`;
    expect(await find(toml, 'acme_abcd1234 bcme zed')).toEqual(['acme: bcme', 'other: zed']);
  });

  test('a file that extends itself is refused', async () => {
    const path = await save(`[extend]\npath = "loop.toml"\n`, 'loop.toml');
    await expect(readRules(path)).rejects.toThrow(/at most 2 files that extend one another/);
  });

  test('threads find what one finds', async () => {
    const rules = await readRules(await save(RULE));
    const documents = Array.from({ length: 40 }, (_, i) => ({
      id: `${i}`,
      text: `${'x = 1\n'.repeat(25_000)}acme_${String(i).padStart(8, '0')}`,
    }));
    const counts = async (workers: number) =>
      (await drain(scanDocuments(documents, { rules, workers }), () => {})).counts;
    expect(await counts(2)).toEqual({ acme: 40 });
  });

  test('what has no effect is said', async () => {
    const { notes } = await readRules(
      await save(
        `[[rules]]\nid = "p"\npath = '''\\.p12$'''\n${RULE}[[rules.allowlists]]\ncommits = ["ab"]\n`,
      ),
    );
    expect(notes.map((note) => note.replace(directory, ''))).toEqual([
      'Rule "p" in /rules.toml is left out: it has no regex.',
      'The commits of rule "acme" in /rules.toml have no effect: documents have none.',
    ]);
  });

  test.each([
    [
      `[[rules]]\nid = "a"\nregex = '''(a'''`,
      /RE2 for regex of rule "a" in .*: `?.*missing closing \)|missing closing \)/,
    ],
    [`[[rules]]\nid = "a"\nregex = '''(?<!x)a'''`, /a pattern of RE2 for regex of rule "a"/],
    [`[[rules]]\nid = "a"\nregex = '''a'''\nsecretGroup = 1`, /at most 0, the groups of its regex/],
    [`[[rules]\nid = 1`, /Expected rules in TOML in .*rules\.toml but line 1 is none/],
    [`[[rules]]\nregex = 'a'`, /id/],
    [`[[rules]]\nid = "a"\nregex = 5`, /a string.*regex/],
  ])('%j is refused in one sentence', async (toml, message) => {
    await expect(load(toml)).rejects.toThrow(message);
  });

  test.each(['(a+)+$', '(a|a)*b', '(.*)*x', '(\\w+\\s?)*!'])(
    '%s takes linear time',
    async (pattern) => {
      expect(await find(`[[rules]]\nid = "h"\nregex = '''${pattern}'''`, 'a'.repeat(100_000))).toBeInstanceOf(
        Array,
      );
    },
    30_000,
  );
});

test('docs/secrets.md lists every rule, by the name that files know it by', async () => {
  const text = await readFile(new URL('../../../docs/secrets.md', import.meta.url), 'utf8');
  const rules: readonly { readonly id: string; readonly type: string; readonly evidence?: string }[] = [
    ...KEY_RULES,
    ...QUOTED_RULES,
  ];
  expect(text.match(/^\| `.*\|$/gm)).toEqual(
    rules.map(({ id, type, evidence }) => `| \`${id}\` | ${type} | ${evidence ?? 'form'} |`),
  );
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
