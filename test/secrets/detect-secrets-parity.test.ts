/** Agreement with detect-secrets 1.5 on a seeded corpus; the expectations come from test/oracle/make_secrets_oracle.py. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DetectorSet } from '../../lib/secrets/detectors/detector.js';
import { isHarmlessValue, LineContext } from '../../lib/secrets/detectors/false-positives.js';
import { isGibberish } from '../../lib/secrets/detectors/gibberish.js';
import { IPV4_ADDRESSES, isPrivateAddress } from '../../lib/secrets/detectors/ip-address.js';
import { createKeyDetector, type KeyFinding } from '../../lib/secrets/detectors/key-detector.js';
import { createQuotedDetector } from '../../lib/secrets/detectors/quoted-strings.js';
import { KEY_RULES } from '../../lib/secrets/detectors/rules.js';
import { scanSecrets } from '../../lib/secrets/scan.js';

interface Oracle {
  readonly documents: readonly {
    readonly text: string;
    readonly raw: readonly (readonly [type: string, value: string])[];
    readonly filtered: readonly (readonly [type: string, value: string])[];
  }[];
  readonly isPrivate: Readonly<Record<string, boolean>>;
}

const file = new URL('../fixtures/secrets/detect-secrets.json.gz', import.meta.url);
const oracle: Oracle = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));

// Passwords, which are secrets in their place only, are for plugins that the published pipeline does not use.
const keys = new DetectorSet<KeyFinding>([
  createKeyDetector(KEY_RULES.filter(({ inPlace }) => !inPlace)),
  createQuotedDetector(),
]);
const ipv4 = new DetectorSet([IPV4_ADDRESSES]);
const findKeys = (text: string): KeyFinding[] => keys.findAll(text).flat();

/** Where detect-secrets reports a part of the token, or more than it: is `theirs` what it makes of `ours`? */
const SAME: Readonly<Record<string, (theirs: string, ours: string) => boolean>> = {
  'GitHub Token': (theirs, ours) => ours.startsWith(`${theirs}_`),
  // A group that took no part is reported as an empty value.
  'GitLab Token': (theirs, ours) =>
    theirs === ours || ours.startsWith(`${theirs}-`) || ours.startsWith(`glcbt-${theirs}`),
  'NPM tokens': (theirs, ours) => theirs === ours,
  'JSON Web Token': (theirs, ours) => ours.startsWith(theirs.replace(/\.$/, '')),
  'Azure Storage Account access key': (theirs, ours) => theirs === `AccountKey=${ours}`,
  'Artifactory Credentials': (theirs, ours) => theirs.replace(/^[\s=:"]|[\s"]$/g, '') === ours,
};

const same = (type: string, theirs: string, ours: string): boolean =>
  (SAME[type] ?? ((a: string, b: string) => a === b))(theirs, ours);

const isKey = ([type]: readonly [string, string]): boolean => type !== 'Public IP (ipv4)';

describe.each(oracle.documents.map((document, index) => ({ index, ...document })))(
  'document $index',
  (document) => {
    const ours = [...findKeys(document.text)].map(({ rule, value }) => [rule.type, value] as const);
    const theirs = document.raw.filter(isKey);

    test('every key that detect-secrets finds is found', () => {
      expect(
        theirs.filter(([type, value]) => !ours.some(([t, v]) => t === type && same(type, value, v))),
      ).toEqual([]);
    });

    test('nothing else is found', () => {
      expect(
        ours.filter(([type, value]) => !theirs.some(([t, v]) => t === type && same(type, v, value))),
      ).toEqual([]);
    });

    test('its filters drop what ours drop, but for the gibberish and hash rules that it does not have', () => {
      const lines = new LineContext(document.text);
      const kept = document.filtered.filter(isKey);
      for (const { rule, value, start } of findKeys(document.text)) {
        // Of a CI/CD token they judge two digits and a `_`, we the token.
        if (!isGibberish(value) || value.startsWith('glcbt-')) continue;
        const expected = kept.some(([type, v]) => type === rule.type && same(type, v, value));
        expect([value, !isHarmlessValue(value) && !lines.isLikelyId(rule, start)]).toEqual([value, expected]);
      }
    });

    test('its public addresses are found, unless they read as a date or a version', () => {
      const found = new Set([...ipv4.findAll(document.text).flat()].map(({ value }) => value));
      const readsOtherwise = (value: string): boolean =>
        value.length === 7 || /^[0-3]\d\.[0-3]\d\.\d\d\./.test(value);
      for (const [, value] of document.raw.filter((finding) => !isKey(finding))) {
        const address = value.replace(/:\d+$/, '');
        expect([address, found.has(address)]).toEqual([address, !readsOtherwise(address)]);
      }
    });

    test('the scanner reports these values, whole and in place', () => {
      for (const { value, start, end } of scanSecrets(document.text)) {
        expect(document.text.slice(start, end)).toBe(value);
      }
    });
  },
);

test('an address is private where Python says so', () => {
  const answers = Object.keys(oracle.isPrivate).map((address) => [address, isPrivateAddress(address)]);
  expect(Object.fromEntries(answers)).toEqual(oracle.isPrivate);
});
