import { describe, expect, test } from 'vitest';
import { isPrivateAddress } from '../../../lib/secrets/detectors/ip-address.js';
import { filterSecrets } from '../../../lib/secrets/filter.js';
import { redactSecrets } from '../../../lib/secrets/masking/redact.js';
import { scanSecrets } from '../../../lib/secrets/scan.js';

const KEY = `ghp_${'x9Kq2ZvT7wLp4RjX8bNc5GfD3hYs6MkV1QzW'}`;
const text = `a = "${KEY}"; b = "${KEY}"; // jana@nordwind.invalid, 84.17.33.201, 2606:4701::1111`;
const redact = (source: string, seed?: number): string =>
  redactSecrets(source, scanSecrets(source), { seed });

describe('redactSecrets', () => {
  test('replaces each secret by a stand-in of its kind', () => {
    const match =
      /^a = "(\w{32})"; b = "(\w{32})"; \/\/ [a-z]{5}@example\.com, (10\.\d+\.\d+\.\d+), (fd[0-9a-f:]+)$/.exec(
        redact(text),
      );
    expect(match).not.toBeNull();
    expect(match![1]).toBe(match![2]);
    expect(isPrivateAddress(match![3]!)).toBe(true);
    expect(isPrivateAddress(match![4]!)).toBe(true);
  });

  test('leaves no sensitive e-mail or IP address behind', () => {
    const left = scanSecrets(redact(text), { tags: ['EMAIL', 'IP_ADDRESS'] });
    expect(filterSecrets(left)).toEqual([]);
  });

  test('is the same for the same seed and value, in any document, and differs between seeds', () => {
    expect(redact(text, 7)).toBe(redact(text, 7));
    expect(redact(text, 7)).not.toBe(redact(text, 8));
    const inText = /"(\w{32})"/.exec(redact(text))![1];
    expect(redact(`other(${KEY})`)).toBe(`other(${inText})`);
  });

  test('keeps private addresses and well-known DNS servers', () => {
    const source = 'dns 8.8.8.8 and 192.168.178.20 and 149.112.112.112';
    expect(scanSecrets(source)).toHaveLength(3);
    expect(redact(source)).toBe(source);
  });

  test('replaces what has a tag of its own like a key, and what lies within it along with it', () => {
    const owned = (tag: string, value: string, start: number) => ({
      ...{ tag, type: 'owned', value, start, end: start + value.length },
    });
    const source = 'a (c) Jana, 1999, b';
    const secrets = [owned('NAME', 'Jana', 6), owned('constructor', '(c) Jana, 1999', 2)];
    expect(redactSecrets(source, secrets)).toMatch(/^a \w{32}, b$/);
  });

  test('leaves a text without secrets alone', () => {
    expect(redactSecrets('let x = 1;', [])).toBe('let x = 1;');
  });
});
