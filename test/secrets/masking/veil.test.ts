import { describe, expect, it } from 'vitest';
import { Random } from '../../../lib/random.js';
import { bodyOf, isText, LEAST_RUN } from '../../../lib/secrets/masking/secret-body.js';
import { dots, Veil } from '../../../lib/secrets/masking/veil.js';

const KEY = 'ghp_Kq8zTn4wXy2LrVb6Jd7mPs3hGc9FuWa5Be1x';
const hide = (text: string, ...values: string[]) => new Veil(values.length > 0 ? values : [KEY]).hide(text);

describe('bodyOf', () => {
  it.each([
    [KEY, KEY.slice(4)],
    ['AKIA68JVGPZLY1Z2D9VO', '68JVGPZLY1Z2D9VO'],
    ['https://jana:Tn4wXy2L@host/', 'jana:Tn4wXy2L@host/'],
    ['https://hooks.slack.com/services/T0/B0/Tn4wXy2L', 'T0/B0/Tn4wXy2L'],
    ['jana.moreau@bluefjord.co.uk', 'jana.moreau@bluefjord'],
    ['jana.moreau@bluefjord.invalid', 'jana.moreau@bluefjord'],
    ['hunter2hunter2', 'hunter2hunter2'],
    // Too little would be left.
    ['AKIA123', 'AKIA123'],
    ['a@b.org', 'a@b.org'],
  ])('%s', (value, body) => {
    const { start, end } = bodyOf(value);
    expect(value.slice(start, end)).toBe(body);
  });
});

describe('Veil', () => {
  it('hides a value, and what a recitation that breaks off has of it', () => {
    expect(hide(`t = '${KEY}'`)).toBe(`t = '${dots(KEY)}'`);
    expect(hide(`t = '${KEY.slice(0, 12)}666`)).toBe(`t = '${dots(KEY.slice(0, 12))}666`);
    expect(hide(`..${KEY.slice(20, 26)}..`)).toBe(`..${dots('6 more'.replace(' ', '_'))}..`);
  });

  it('leaves five characters, and what all values of a kind begin with', () => {
    expect(hide(`${KEY.slice(20, 25)} ghp_ gho_`)).toBe(`${KEY.slice(20, 25)} ghp_ gho_`);
    expect(hide('https://www.org/ jana', 'https://jana:Tn4wXy2L@host/')).toBe('https://www.org/ jana');
    expect(hide('mail at anything.org', 'jana.moreau@bluefjord.org')).toBe('mail at anything.org');
  });

  it.each([
    ['case', KEY.toUpperCase()],
    ['JSON', `"${[...KEY].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`],
    ['hex', [...KEY].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('')],
    ['URL', [...KEY].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')],
    [
      'HTML',
      [...KEY]
        .map((c, i) => (i % 2 ? `&#${c.charCodeAt(0)};` : `&#x${c.charCodeAt(0).toString(16)};`))
        .join(''),
    ],
    ['lines', [...KEY].map((c, i) => (i % 4 ? c : `${c}\n    `)).join('')],
    ['escaped lines', [...KEY].map((c, i) => (i % 4 ? c : `${c}\\n\\t`)).join('')],
  ])('sees through %s', (_, written) => {
    const hidden = hide(`x ${written} y`);
    // The first letters, before a break, and what ends the escape of the last one may be left.
    expect(hidden.replace(/[\s\u2022]/g, '').length).toBeLessThanOrEqual(4);
    expect(hidden).toHaveLength(written.length + 4);
    expect(hidden.split('\n')).toHaveLength(written.split('\n').length);
  });

  it('finds a value that is itself written with escapes', () => {
    const value = 'p%40ss&amp;Tn4wXy2L\\"end';
    expect(hide(`a ${value} b`, value)).toBe(`a ${dots(value)} b`);
    expect(hide('a p@ss&Tn4wXy2L"end b', value)).toBe(`a ${dots('p@ss&Tn4wXy2L"end')} b`);
  });

  it('leaves an ordinary word that stands alone, not the value that it is a part of', () => {
    const value = 'mypasswordTn4w';
    expect(hide('password = get_password(passwords)', value)).toBe('password = get_password(passwords)');
    expect(hide('x mypassword', value)).toBe(`x ${dots('mypassword')}`);
    expect(hide('see example.com', 'jo@example.com')).toBe('see example.com');
  });

  it('hides long runs of a text to forget, and its keys, not its words', () => {
    const text = `The quick brown fox jumps over a lazy dog, and all that. Of it there is more here, serial Tn4wXy2LrVb6`;
    expect(isText(text)).toBe(true);
    expect(hide('a lazy dog is here', text)).toBe('a lazy dog is here');
    expect(hide('no: the quick brown fox jumps!', text)).toBe(`no: ${dots('the quick brown fox jumps')}!`);
    expect(hide('n Tn4wXy2', text)).toBe(`n ${dots('Tn4wXy2')}`);
  });

  it('takes the words of a pass phrase for no text, however many: every run of them counts', () => {
    const phrase =
      'orbit velvet canyon mirror puzzle lantern garlic tunnel meadow walnut ribbon harvest copper falcon ginger saddle timber violet cactus pebble marble anchor basket candle';
    expect(isText(phrase)).toBe(false);
    expect(hide('a walnut ribbon', phrase)).toBe(`a ${dots('walnut ribbon')}`);
  });

  it('cuts a text without loss, and agrees with a plain search, on random texts', () => {
    const random = new Random(5);
    const word = (length: number) => Array.from({ length }, () => random.pick(['a', 'b', '.'])).join('');
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 3 }, () => word(6 + random.integer(5)));
      const text = word(random.integer(60));
      const pieces = new Veil(values).split(text);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const covered = new Uint8Array(text.length);
      for (const value of values)
        for (let at = 0; at + LEAST_RUN <= value.length; at++) {
          const run = value.slice(at, at + LEAST_RUN);
          for (let i = text.indexOf(run); i !== -1; i = text.indexOf(run, i + 1))
            covered.fill(1, i, i + LEAST_RUN);
        }
      const hidden = pieces.flatMap((piece) => Array.from(piece.text, () => Number(piece.secret)));
      expect(hidden).toEqual([...covered]);
    }
  });

  it('finds nothing where it knows nothing', () => {
    expect(new Veil(['short', '']).isEmpty).toBe(true);
    expect(new Veil([]).split('abc')).toEqual([{ text: 'abc', secret: false }]);
  });
});
