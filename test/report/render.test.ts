import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../lib/report/context.js';
import type { ReportInput } from '../../lib/report/input.js';
import { renderReport } from '../../lib/report/render.js';
import { type Element, elements, find, hasClass, parseMarkup, textOf } from './markup.js';
import { EMAIL, sampleReport, TOKEN } from './sample.js';

const page = renderReport(sampleReport());
const root = parseMarkup(page);
const shownPage = renderReport(sampleReport(), { secrets: 'shown' });
const audit = () =>
  sampleReport({ unlearning: undefined, clones: { ...sampleReport().clones!, after: null } });

const byTag = (tag: string) => find(root, (element) => element.tag === tag);

/** The page's scripts by type. */
function scripts(tree: Element): { code: Element[]; data: Element[] } {
  const all = find(tree, (element) => element.tag === 'script');
  const isData = (element: Element) => element.attributes.type === 'application/json';
  return { code: all.filter((element) => !isData(element)), data: all.filter(isData) };
}

describe('the page', () => {
  it('is the same for the same input', () => {
    expect(renderReport(sampleReport())).toBe(page);
  });

  it('is well nested however hostile the texts are', () => {
    expect(() => parseMarkup(page)).not.toThrow();
    expect(page).not.toContain('<img');
    // Event handlers and inline styles do not occur at all.
    for (const element of elements(root)) {
      expect(Object.keys(element.attributes).filter((name) => /^on|^style$/.test(name))).toEqual([]);
    }
    expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069\0]/);
    expect(page).toContain('\u27e8U+202E\u27e9');
  });

  it('reaches for nothing outside itself', () => {
    for (const element of elements(root)) {
      expect(element.attributes.src).toBeUndefined();
      if (element.attributes.href !== undefined) expect(element.attributes.href).toMatch(/^#/);
    }
    expect(page).not.toMatch(/url\(|@import|https?:/);
  });

  it('lets only its own script and style run', () => {
    const policy = byTag('meta').find((meta) => meta.attributes['http-equiv'] === 'Content-Security-Policy')!
      .attributes.content!;
    const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const { code } = scripts(root);
    expect(code).toHaveLength(1);
    expect(byTag('style')).toHaveLength(1);
    expect(policy.split('; ').sort()).toEqual(
      [
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        `script-src ${digest(code[0]!.children[0] as string)}`,
        `style-src ${digest(byTag('style')[0]!.children[0] as string)}`,
      ].sort(),
    );
  });

  it('carries a script that parses', () => {
    expect(() => new Script(scripts(root).code[0]!.children[0] as string)).not.toThrow();
  });

  it('has no id twice and no link to an id that is not there', () => {
    const ids = [...elements(root)].flatMap(({ attributes }) =>
      attributes.id === undefined ? [] : [attributes.id],
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of byTag('a')) expect(ids).toContain(link.attributes.href!.slice(1));
  });

  it('names every figure, table region and control', () => {
    for (const svg of byTag('svg').filter((element) => element.attributes.role === 'img')) {
      expect(svg.children.slice(0, 2).map((child) => (child as Element).tag)).toEqual(['title', 'desc']);
      expect(textOf(svg.children[0] as Element)).not.toBe('');
    }
    for (const scroll of find(root, hasClass('scroll'))) {
      expect(scroll.attributes.tabindex).toBe('0');
      expect(scroll.attributes['aria-label']).toBeTruthy();
    }
    for (const label of byTag('label')) expect(textOf(label).trim()).not.toBe('');
    expect(byTag('html')[0]!.attributes.lang).toBe('en');
  });
});

describe('the story', () => {
  const text = textOf(root);

  it('tells verdict, figures, method, stop and cost', () => {
    expect(text).toContain(
      '2 of 2 secrets are below the forgetting threshold; loss on retained code rose by 2.0%.',
    );
    expect(text).toContain('Lforget = \u2212NLL(secret) + 0.1\u2009NLL(rest) \u2212 0.1\u2009KL(secret)');
    expect(text).toContain('Lretain = 0.1\u2009KL(all)');
    expect(text).toContain('Kept: the weights of epoch 2. Both were below.');
    expect(text).toContain('1\u202f234\u202f567 parameters');
    expect(text).toContain('lethe demo --seed 42');
    expect(text).toContain('a'.repeat(64));
    expect(text).toContain('1.20\u00a0GB');
    expect(text).toContain('40\u00a0s');
  });

  it('shows before, after, change and aim of a figure', () => {
    const rows = find(root, (element) => element.tag === 'tr').filter((row) =>
      textOf(row).startsWith('Memorization accuracy, MA'),
    );
    const cells = find(rows[0]!, (element) => element.tag === 'td').map((cell) =>
      textOf({ ...cell, children: cell.children.filter((c) => typeof c === 'string' || c.tag !== 'svg') }),
    );
    expect(cells).toEqual(['100%', '10.0%', '\u221290.0 pt', '', '\u2713 below 40.0%']);
  });

  it('links a memorized block to the lines of its document', () => {
    const link = byTag('a').find((a) => a.attributes['data-last'] !== undefined)!;
    expect(textOf(link)).toBe('token.js, lines 1\u20136');
    expect(link.attributes).toMatchObject({ href: '#corpus-1-1', 'data-last': '6' });
  });

  it('marks exactly the memorized lines of an output', () => {
    const stage = find(root, hasClass('stage'))[0]!;
    const rows = find(stage, hasClass('row'));
    expect(rows).toHaveLength(7);
    expect(rows.map(hasClass('hit'))).toEqual([false, true, true, true, true, true, true]);
  });

  it('fills predicted tokens, dots the others, boxes the secret', () => {
    const [before, after] = find(root, hasClass('pane'));
    const classes = (pane: Element) =>
      find(pane, hasClass('t')).map((t) => t.attributes.class!.split(' ')[1]);
    expect(classes(before!)).toEqual([undefined, 'h4', 'h4', 'h4', 'h4', 'h4', 'h3']);
    expect(classes(after!)).toEqual([undefined, 'h4', 'h4', 'h4', 'm', 'm', 'h3']);
    for (const pane of [before!, after!]) {
      const boxes = find(pane, hasClass('box'));
      expect(boxes).toHaveLength(1);
      expect(find(boxes[0]!, hasClass('t'))).toHaveLength(2);
    }
    expect(textOf(after!)).toContain('4 of 6 tokens predicted; of the secret ones 0 of 2');
  });
});

describe('secrets', () => {
  /** What shows while nothing is revealed. */
  function visible(element: Element): string {
    if (hasClass('bare')(element) || ['script', 'style'].includes(element.tag)) return '';
    return element.children.map((child) => (typeof child === 'string' ? child : visible(child))).join('');
  }

  it('are masked in the data of the page, not only on the screen', () => {
    expect(textOf(root)).toContain('ghp_\u2026EF');
    for (const secret of [TOKEN, EMAIL]) expect(page).not.toContain(secret.slice(4, 10));
    expect(textOf(root)).toContain('The values are not in this file: their first and last');
    expect(find(root, (element) => 'data-reveal' in element.attributes)).toHaveLength(0);
    expect(find(root, hasClass('bare'))).toHaveLength(0);
  });

  it('are masked wherever they stand until the reader asks, where the page is to hold them', () => {
    const tree = parseMarkup(shownPage);
    const shown = visible(tree);
    expect(shown).toContain('ghp_\u2026EF');
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain(EMAIL);
    expect(textOf(tree)).toContain(TOKEN);
    expect(find(tree, (element) => 'data-reveal' in element.attributes)).toHaveLength(1);
  });

  it('leave kind and length alone after redaction', () => {
    const redacted = renderReport(sampleReport(), { secrets: 'redacted' });
    const tree = parseMarkup(redacted);
    expect(textOf(tree)).toContain('GitHub token, 26 characters');
    expect(redacted).not.toContain('ghp_');
    for (const secret of [TOKEN, EMAIL]) expect(redacted).not.toContain(secret.slice(0, 6));
    expect(find(tree, (element) => 'data-reveal' in element.attributes)).toHaveLength(0);
    expect(find(tree, hasClass('bare'))).toHaveLength(0);
  });

  it('lie beside their table as the same cells that it shows', () => {
    const data = JSON.parse(scripts(root).data[0]!.children[0] as string);
    const body = find(find(root, hasClass('secrets'))[0]!, (element) => element.tag === 'tbody')[0]!;
    const rows = find(body, (element) => element.tag === 'tr');
    expect(data.rows).toHaveLength(rows.length);
    for (const [index, row] of rows.entries()) {
      const cells = find(row, (element) => element.tag === 'td').map(textOf);
      const fromData = data.rows[index].map((cell: unknown[], column: number) =>
        data.columns[column].kind === 'number' ? cell[0] : cell.flat().join(''),
      );
      expect(cells).toEqual(fromData);
    }
    // Least forgotten first.
    expect(data.rows.map((row: unknown[][]) => row[4]![1])).toEqual([0.2, 0]);
  });
});

describe('other runs', () => {
  it('leaves out what an audit alone does not have', () => {
    const text = textOf(parseMarkup(renderReport(audit())));
    expect(text).toContain('2 of 2 probed secrets are memorized');
    expect(text).not.toContain('How it was made to forget');
    expect(text).not.toContain('MA after');
  });

  it('makes a page of the least report', () => {
    const { version, run, model } = sampleReport();
    const tree = parseMarkup(renderReport({ version, run: { ...run, steps: [] }, model, summary: {} }));
    expect(textOf(tree)).toContain('Nothing was probed.');
  });

  it('survives what was never measured', () => {
    const nothing = { before: null, after: Number.NaN };
    const input = sampleReport();
    const blank: ReportInput = {
      ...input,
      thresholds: { ...input.thresholds!, memorizationAccuracy: Number.NaN },
      summary: {
        secrets: { count: 0, memorizationAccuracy: nothing, extractionLikelihood: { 10: nothing } },
        retained: { documents: 0, tokens: 0, loss: nothing, memorizationAccuracy: nothing },
      },
      secrets: input.secrets!.map((secret) => ({
        ...secret,
        memorizationAccuracy: nothing,
        extractionLikelihood: {},
      })),
      unlearning: { ...input.unlearning!, course: [], forget: [], retain: [] },
      clones: {
        ...input.clones!,
        before: { outputs: 0, memorizedOutputs: 0, blocks: 0, lengths: [] },
        after: { outputs: 0, memorizedOutputs: 0, blocks: 0, lengths: [] },
        blocks: [],
        outputs: [],
      },
    };
    const blankPage = renderReport(blank);
    expect(textOf(parseMarkup(blankPage))).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('caps what it draws, says so, and stays of bounded size', () => {
    const input = sampleReport();
    const secrets = Array.from({ length: LIMITS.secrets + 5 }, (_, i) => ({
      ...input.secrets![0]!,
      document: `file-${i}.py`,
    }));
    const blocks = Array.from({ length: 10_000 }, (_, i) => ({
      ...input.clones!.blocks[0]!,
      fingerprint: `f${i}`,
    }));
    const many = renderReport({ ...input, secrets, clones: { ...input.clones!, blocks } });
    const tree = parseMarkup(many);
    const text = textOf(tree);
    expect(text).toContain('Showing the least forgotten 10\u202f000 of 10\u202f005 secrets.');
    expect(text).toContain('Showing the first 200 of 10\u202f000 blocks.');
    expect(text).toContain(`1\u2013${LIMITS.secretsPerPage} of 10\u202f000`);
    expect([...elements(tree)].length).toBeLessThan(8000);
    expect(many.length).toBeLessThan(6_000_000);
  });
});
