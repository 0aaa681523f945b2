import { describe, expect, it } from 'vitest';
import { InputError } from '../../lib/errors.js';
import { parseReportInput } from '../../lib/report/input-schema.js';
import { sampleReport } from './sample.js';

const json = () => JSON.parse(JSON.stringify(sampleReport()));

describe('parseReportInput', () => {
  it('takes what JSON makes of a report, unchanged', () => {
    expect(parseReportInput(json())).toEqual(json());
  });

  it('takes the least report there is', () => {
    const { version, run, model } = json();
    expect(parseReportInput({ version, run, model, summary: {} })).toEqual({
      version,
      run,
      model,
      summary: {},
    });
  });

  it('takes secrets by any name', () => {
    const report = json();
    report.secrets[0].tag = 'LICENCE';
    expect(parseReportInput(report).secrets![0]!.tag).toBe('LICENCE');
  });

  it.each<[string, (report: ReturnType<typeof json>) => void, RegExp]>([
    ['nothing of it', (r) => delete r.run, /an object for run in the report but received undefined/],
    ['another version', (r) => (r.version = 2), /one of 1 for version/],
    ['a misspelled key', (r) => (r.secretz = []), /only known keys .* "secretz"/],
    ['a share above 1', (r) => (r.thresholds.memorizationAccuracy = 43.1), /a number <= 1 .* received 43.1/],
    ['a text for a number', (r) => (r.run.seed = 'x'), /a number for run.seed .* "x" of type string/],
    ['a date that is none', (r) => (r.run.createdAt = 'soon'), /an ISO 8601 date for run.createdAt/],
    ['an n that is none', (r) => (r.thresholds.extractionLikelihood = { EL10: 0 }), /thresholds/],
    ['a term of no kind', (r) => (r.unlearning.forget[0].loss = 'mse'), /one of "nll", "kl"/],
    ['too few scores', (r) => r.documents[0].before.hits.pop(), /a score for every token but the first/],
    [
      'a secret beyond its text',
      (r) => (r.documents[0].secrets[0].end = 1e6),
      /secrets that lie within the text/,
    ],
    ['a line 0', (r) => (r.clones.outputs[0].spans[0].startLine = 0), /a number >= 1/],
  ])('refuses %s with one sentence', (_name, spoil, message) => {
    const report = json();
    spoil(report);
    const error = (() => {
      try {
        return parseReportInput(report);
      } catch (thrown) {
        return thrown;
      }
    })() as InputError;
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });
});
