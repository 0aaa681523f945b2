import { describe, expect, it } from 'vitest';
import {
  concealReport,
  maskCompletion,
  maskDocument,
  maskSecret,
  maskShared,
  redactReport,
  secretValues,
} from '../../lib/report/mask.js';
import { EMAIL, sampleReport, TOKEN } from './sample.js';

describe('masks', () => {
  it('hints at a quarter and an eighth at most, and never at a run', () => {
    expect(maskSecret(TOKEN)).toBe('ghp_\u2026EF');
    expect(maskSecret('12345678')).toBe('12\u20268');
    expect(maskSecret('abc')).toBe('\u2026');
  });

  it('masks in a continuation what it shares with the secret', () => {
    expect(maskShared(`${TOKEN.slice(0, 7)}!\n`, TOKEN)).toBe('\u2022'.repeat(7).concat('!\n'));
    expect(maskShared('xyz 0123 gh', TOKEN)).toBe('xyz \u2022\u2022\u2022\u2022 gh');
    expect(maskShared('', TOKEN)).toBe('');
    expect(maskShared('anything', '')).toBe('anything');
    expect(maskCompletion(`${TOKEN}';`, TOKEN)).toBe("= the secret';");
  });

  it('keeps the offsets of a document, where its secrets overlap too', () => {
    const secrets = [
      { start: 2, end: 6, type: 'a' },
      { start: 4, end: 8, type: 'b' },
    ];
    expect(maskDocument({ text: 'x=pass1234;', secrets })).toBe('x=\u2022\u2022\u2022\u2022\u2022\u202234;');
  });
});

describe('concealReport', () => {
  it('leaves no secret in any field, and every length and offset as it was', () => {
    const input = sampleReport();
    for (const display of ['masked', 'redacted'] as const) {
      const concealed = concealReport(input, display);
      const json = JSON.stringify(concealed);
      for (const value of secretValues(input)) expect(json).not.toContain(value.slice(4, 10));
      expect(concealed.documents![0]!.text).toHaveLength(input.documents![0]!.text.length);
      expect(concealed.secrets![0]!.memorizationAccuracy).toEqual(input.secrets![0]!.memorizationAccuracy);
      expect(concealed.secrets![1]!.completion).toEqual({ before: '= the secret', after: null });
    }
    expect(redactReport(input).secrets![1]!.value).toBe(`E-mail address, ${EMAIL.length} characters`);
  });

  it('changes nothing the second time', () => {
    const once = redactReport(sampleReport());
    expect(redactReport(once)).toEqual(once);
  });

  it('hides what only the scanner knows', () => {
    const notes = ['see AKIA68JVGPZLY1Z2D9VO there'];
    expect(redactReport(sampleReport({ notes })).notes).toEqual([`see ${'\u2022'.repeat(20)} there`]);
  });

  it('keeps apart what is called by two secrets of one length, and the words that the page goes by', () => {
    const values = ['Kq8zTn4wXy2LrVb6', 'Jd7mPs3hGc9FuWa5'];
    const input = sampleReport();
    const secrets = values.map((value) => ({ ...input.secrets![0]!, value, document: `${value}.py` }));
    const redacted = redactReport({
      ...input,
      secrets: [...secrets, { ...secrets[0]!, value: 'the before unseen' }],
    });
    const names = redacted.secrets!.map(({ document }) => document);
    expect(new Set(names).size).toBe(2);
    expect(names[2]).toBe(names[0]);
    expect(redacted.clones!.outputs.map(({ phase }) => phase)).toEqual(
      input.clones!.outputs.map(({ phase }) => phase),
    );
  });
});
