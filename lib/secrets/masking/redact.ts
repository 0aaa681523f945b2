/** Redaction: secrets replaced by random stand-ins of their kind. */
import * as z from 'zod';
import { check } from '../../check.js';
import { deriveSeed, Random } from '../../random.js';
import { isPrivateAddress } from '../detectors/ip-address.js';
import { locateSecrets } from '../locate-secrets.js';
import type { Secret } from '../secret.js';
import { replaceStretches } from './veil.js';

export interface RedactOptions {
  /** Integer. The same seed and value give the same stand-in, in any document. Default: 42. */
  readonly seed?: number | undefined;
}

/** Resolvers that everybody may name: Google, Cloudflare, Quad9, OpenDNS, Comodo, AdGuard. */
const DNS_SERVERS = new Set([
  '8.8.8.8',
  '8.8.4.4',
  '1.1.1.1',
  '1.0.0.1',
  '9.9.9.9',
  '149.112.112.112',
  '208.67.222.222',
  '208.67.220.220',
  '8.26.56.26',
  '8.20.247.20',
  '94.140.14.14',
  '94.140.15.15',
  '2001:4860:4860::8888',
  '2001:4860:4860::8844',
  '2606:4700:4700::1111',
  '2606:4700:4700::1001',
]);

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const KEY_CHARACTERS = `${LETTERS}${LETTERS.toUpperCase()}0123456789`;

const optionsSchema = z.strictObject({ seed: z.int().default(42) });

/**
 * Replaces each secret by a stand-in (REFERENCE section 6.6): an e-mail address by five letters at example.com, an IP
 * address by a private one, a key and what has any other tag by 32 characters. One value always gets the same stand-in, so that code which compares
 * two of them still does. Private addresses and well-known DNS servers stay.
 *
 * @param secrets of this text; one that lies within another goes with it
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_SECRET_MISMATCH` for a secret that is not what the text holds there
 */
export function redactSecrets(text: string, secrets: readonly Secret[], options: RedactOptions = {}): string {
  const { seed } = check(optionsSchema, options, 'options of redactSecrets');
  const located = locateSecrets(text, secrets, 'redactSecrets');
  located.sort((a, b) => a.start - b.start || b.end - a.end);
  return replaceStretches(text, located, (secret) => standIn(secret, seed));
}

function standIn({ tag, type, value }: Secret, seed: number): string {
  const random = new Random(deriveSeed(seed, 'redact', tag, value));
  const draw = (count: number, from: string): string =>
    Array.from({ length: count }, () => from[random.integer(from.length)]).join('');
  switch (tag) {
    case 'EMAIL':
      return `${draw(5, LETTERS)}@example.com`;
    case 'IP_ADDRESS': {
      if (isPrivateAddress(value) || DNS_SERVERS.has(value)) return value;
      if (type === 'IPv6 Address')
        return `fd${draw(2, '0123456789abcdef')}:${draw(4, '123456789abcdef')}::${1 + random.integer(9999)}`;
      return `10.${random.integer(256)}.${random.integer(256)}.${1 + random.integer(254)}`;
    }
    default:
      return draw(32, KEY_CHARACTERS);
  }
}
