import { describe, expect, it } from 'vitest';
import { escapeText, html, inlineJson, makeVisible, trusted } from '../../lib/report/html.js';
import { HOSTILE } from './sample.js';

describe('html', () => {
  it('escapes values in text and attributes', () => {
    const value = `<b a="1" c='2'>&`;
    expect(html`<p title="${value}">${value}</p>`.markup).toBe(
      '<p title="&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;">&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;</p>',
    );
  });

  it('takes HTML as it is, joins lists, writes 0, and drops null, undefined and false', () => {
    const parts = [1, 2].map((n) => html`<i>${n}</i>`);
    expect(html`${parts}|${null}${undefined}${false}|${0}|${''}|${trusted('<hr>')}`.markup).toBe(
      '<i>1</i><i>2</i>||0||<hr>',
    );
  });
});

describe('makeVisible', () => {
  it.each([
    ['escape and null', '\u001b[31m\0', '\u241b[31m\u2400'],
    ['carriage return', 'a\rb', 'a\u240db'],
    ['delete', '\u007f', '\u2421'],
    ['C1 control', '\u0085', '\u27e8U+0085\u27e9'],
    ['right-to-left override', 'a\u202eb', 'a\u27e8U+202E\u27e9b'],
    ['isolates', '\u2066\u2069', '\u27e8U+2066\u27e9\u27e8U+2069\u27e9'],
    ['zero-width space and joiner', '\u200b\u200d', '\u27e8U+200B\u27e9\u27e8U+200D\u27e9'],
    ['line separator', '\u2028', '\u27e8U+2028\u27e9'],
    ['byte order mark', '\ufeff', '\u27e8U+FEFF\u27e9'],
    ['Hangul filler', '\u3164', '\u27e8U+3164\u27e9'],
    ['tag character', '\u{e0041}', '\u27e8U+E0041\u27e9'],
    ['surrogate without a partner', 'a\ud83d', 'a\u27e8U+D83D\u27e9'],
  ])('shows %s', (_name, text, shown) => {
    expect(makeVisible(text)).toBe(shown);
  });

  it('leaves tabs, newlines and visible text of any script alone', () => {
    const text = 'tab\tnewline\n é 漢字 \u0645\u0631\u062d\u0628\u0627 😀 \u00a0';
    expect(makeVisible(text)).toBe(text);
  });

  it('holds inside escapeText', () => {
    expect(escapeText('<\u202e>')).toBe('&lt;\u27e8U+202E\u27e9&gt;');
  });
});

describe('inlineJson', () => {
  it('cannot end or open an element and reads back as the visible text', () => {
    const json = inlineJson({ a: [HOSTILE, '<!--', 'x\u2028y', '&amp;'], n: 1 }).markup;
    expect(json).not.toMatch(/[<>&\u2028\u2029\u202e]/);
    expect(JSON.parse(json)).toEqual({
      a: [makeVisible(HOSTILE), '<!--', 'x\u27e8U+2028\u27e9y', '&amp;'],
      n: 1,
    });
  });
});
