import { describe, expect, it } from 'vitest';
import {
  bytes,
  change,
  counted,
  decimal,
  duration,
  integer,
  moment,
  percent,
  plain,
} from '../../lib/report/format.js';

describe('numbers', () => {
  it.each([
    ['percent', percent(0.0549), '5.5%'],
    ['percent of none', percent(0), '0%'],
    ['percent of all', percent(1), '100%'],
    ['almost none is not none', percent(0.0001), '0.1%'],
    ['almost all is not all', percent(0.9999), '99.9%'],
    ['a rise', change(0.5, 0.51), '+2.0%'],
    ['a fall', change(4, 1), '\u221275.0%'],
    ['a change of a negative', change(-2, -1), '+50.0%'],
    ['no change', change(3, 3.0001), '\u00b10.0%'],
    ['a change from nothing', change(0, 1), '\u2013'],
    ['integer', integer(1234567), '1\u202f234\u202f567'],
    ['decimal below one', decimal(0.012345), '0.0123'],
    ['decimal', decimal(30.345), '30.3'],
    ['decimal of thousands', decimal(12345.6), '12346'],
    ['negative decimal', decimal(-0.5), '\u22120.500'],
    ['tiny decimal', decimal(0.0000123), '1.23e\u22125'],
    ['huge decimal', decimal(1.5e9), '1.50e+9'],
    ['zero', decimal(0), '0.00'],
    ['option as written', plain(0.000003), '3e\u22126'],
    ['option 0.1', plain(0.1), '0.1'],
    ['option -1', plain(-1), '\u22121'],
    ['option text', plain('adam'), 'adam'],
    ['bytes', bytes(1_234_000_000), '1.23\u00a0GB'],
    ['few bytes', bytes(12), '12\u00a0B'],
    ['no bytes', bytes(0), '0\u00a0B'],
    ['seconds', duration(0.84), '0.8\u00a0s'],
    ['rounded to a minute', duration(59.7), '1\u00a0min 00\u00a0s'],
    ['minutes', duration(185), '3\u00a0min 05\u00a0s'],
    ['rounded to an hour', duration(3599.8), '1\u00a0h 00\u00a0min'],
    ['hours', duration(7620), '2\u00a0h 07\u00a0min'],
    ['one', counted(1, 'secret'), '1 secret'],
    ['many', counted(0, 'secret'), '0 secrets'],
    ['moment', moment('2025-11-03T14:05:59Z'), '2025-11-03 14:05 UTC'],
  ])('%s', (_name, shown, expected) => {
    expect(shown).toBe(expected);
  });

  it('writes a dash for what is not a number', () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const format of [percent, integer, decimal, bytes, duration]) expect(format(value)).toBe('\u2013');
    }
  });
});
