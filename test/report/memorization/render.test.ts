import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { makeVisible } from '../../../lib/report/html.js';
import { renderMemorization } from '../../../lib/report/memorization/render.js';
import { type Element, elements, find, hasClass, parseMarkup, textOf } from '../markup.js';
import { HOSTILE_LINE } from './generated.js';
import { sampleMemorization } from './sample.js';

const page = renderMemorization(sampleMemorization());
const root = parseMarkup(page);
const text = textOf(root);
const byTag = (tag: string, within = root) => find(within, (element) => element.tag === tag);
const scripts = byTag('script');
const code = scripts.filter((script) => script.attributes.type === undefined);
const data = (name: string) =>
  JSON.parse(scripts.find((script) => script.attributes['data-of'] === name)!.children[0] as string);

describe('the page', () => {
  it('is the same for the same input', () => {
    expect(renderMemorization(sampleMemorization())).toBe(page);
  });

  it('lets no text out of its place', () => {
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<\/script>/g)).toHaveLength(3);
    expect(page).not.toContain('<!--');
    expect(page).not.toContain('<img');
    for (const element of elements(root)) {
      expect(Object.keys(element.attributes).filter((name) => /^on|^style$/.test(name))).toEqual([]);
    }
  });

  it('shows what cannot be seen', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(page).not.toMatch(/[\u2028\u2029\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]/);
    expect(data('blocks').blocks[0].text).toBe(`copyright\n${makeVisible(HOSTILE_LINE)}`);
    expect(text).toContain(`model ${makeVisible(HOSTILE_LINE)}`);
  });

  it('reaches for nothing outside itself', () => {
    for (const element of elements(root)) {
      expect(element.attributes.src).toBeUndefined();
      if (element.attributes.href !== undefined) expect(element.attributes.href).toMatch(/^#/);
    }
    expect(page.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/url\(|@import|https?:/);
  });

  it('lets only its own script and style run', () => {
    const policy = byTag('meta').find((meta) => meta.attributes['http-equiv'] !== undefined)!.attributes
      .content;
    const digest = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    expect(code).toHaveLength(1);
    expect(policy).toBe(
      `default-src 'none'; script-src ${digest(code[0]!.children[0] as string)}; style-src ${digest(byTag('style')[0]!.children[0] as string)}; base-uri 'none'; form-action 'none'`,
    );
  });

  it('carries a script that parses, and writes no markup', () => {
    const script = code[0]!.children[0] as string;
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });

  it('has no id twice and no link to an id that is not there', () => {
    const ids = [...elements(root)].flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of byTag('a')) expect(ids).toContain(link.attributes.href!.slice(1));
  });

  it('names every figure, list and control, and has a table behind every chart', () => {
    const charts = find(root, hasClass('charts'))[0]!;
    expect(byTag('svg', charts)).toHaveLength(4);
    expect(byTag('table', charts)).toHaveLength(4);
    for (const svg of byTag('svg').filter(({ attributes }) => attributes.role === 'img')) {
      expect(svg.children.slice(0, 2).map((child) => (child as Element).tag)).toEqual(['title', 'desc']);
      for (const child of svg.children.slice(0, 2)) expect(textOf(child as Element)).not.toBe('');
    }
    for (const element of elements(root)) {
      if (element.attributes.role !== 'listbox' && element.attributes.role !== 'region') continue;
      expect(element.attributes['aria-label']).toBeTruthy();
    }
    const labelled = find(root, ({ tag }) => tag === 'label').flatMap((label) => find(label, () => true));
    for (const control of find(root, ({ tag }) => tag === 'input' || tag === 'select')) {
      expect(labelled).toContain(control);
    }
  });
});

describe('what it says', () => {
  it('gives the headline, the shares and the statistics', () => {
    expect(text).toContain('3 of 4 outputs repeat 2 lines or more of the corpus: 3 distinct blocks.');
    expect(text).toContain('75.0%');
    expect(text).toContain('Pearson r 0.500, Spearman \u03c1 \u2013.');
    expect(text).toContain('outputs = 2.00 \u00d7 corpus \u2212 1.00');
    expect(text).toContain('Extrapolated, not measured: 5 at 8.');
  });

  it('lays the numbers of a chart open', () => {
    const table = byTag('table', find(root, hasClass('charts'))[0]!)[0]!;
    const rows = byTag('tr', table).map((row) => row.children.map((cell) => textOf(cell as Element)));
    expect(rows).toEqual([
      ['Lines', 'Outputs', 'Share', 'Share with as many or more'],
      ['2', '2', '50.0%', '75.0%'],
      ['3', '1', '25.0%', '25.0%'],
    ]);
  });

  it('says what it leaves out', () => {
    expect(text).toContain('The list holds the 2 most frequent of 3 blocks');
    expect(text).toContain('1 of 3 outputs with memorized blocks can be read here');
    const missing = renderMemorization(sampleMemorization({ outputs: [], outputsMissing: 'They are gone.' }));
    expect(textOf(parseMarkup(missing))).toContain('The outputs cannot be read here. They are gone.');
    expect(missing).not.toContain('id="outputs"');
  });

  it('ranks scores by their area, with what was not measured last', () => {
    const section = find(root, ({ attributes }) => attributes.id === 'ranking')[0]!;
    const rows = byTag('tr', byTag('table', section)[0]!).map((row) =>
      row.children.map((cell) => textOf(cell as Element)),
    );
    expect(rows).toEqual([
      ['Score', 'AUC', 'First 10'],
      [makeVisible(HOSTILE_LINE), '0.750', '40.0%'],
      ['low', '\u2013', '\u2013'],
    ]);
    expect(textOf(section)).toContain(
      'Of the 4 ranked outputs, 75.0% are memorized: the precision of chance.',
    );
    expect(renderMemorization(sampleMemorization({ ranking: undefined }))).not.toContain('id="ranking"');
  });

  it('tells command, options, digests and versions where they are known', () => {
    expect(text).toContain('lethe analyze');
    expect(text).toContain('[1,2]');
    expect(text).toContain('e'.repeat(64));
    expect(textOf(parseMarkup(renderMemorization(sampleMemorization({ run: undefined }))))).toContain(
      'There is no run.json beside the analysis',
    );
  });

  it('makes a page of an analysis that found nothing', () => {
    const { analysis } = sampleMemorization();
    const nothing = renderMemorization({
      analysis: {
        ...analysis,
        outputs: { ...analysis.outputs, withBlocks: 0 },
        fingerprints: 0,
        lengthDistribution: [],
        correlation: { pearson: null, spearman: null, slope: null, intercept: null, points: 0, sample: [] },
        growth: { points: [], fit: null },
        outputsByLongestBlock: [],
        categories: analysis.categories.map((row) => ({ ...row, fingerprints: 0, places: 0 })),
      },
      blocks: [],
      outputs: [],
    });
    const shown = textOf(parseMarkup(nothing));
    expect(shown).toContain('None of 4 outputs repeats 2 lines or more of the corpus.');
    expect(shown).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});
