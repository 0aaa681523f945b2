/** The second filter: what was found and is sensitive to nobody (REFERENCE section 6.2). */
import { isPrivateAddress } from './detectors/ip-address.js';
import type { Secret, SecretTag } from './secret.js';

/** An e-mail address that contains one of these is made up. */
const MADE_UP_EMAIL = ['example', 'test', 'user', 'aaa', 'bbb', 'ccc'] as const;

/** A key that contains one of these is a placeholder. */
const PLACEHOLDER_KEY = [
  'aaaaaaa',
  'AAAAAAA',
  'xxxxxxx',
  'XXXXXXX',
  'https',
  'dummy',
  'placeholder',
  'changeme',
] as const;

/** Of a key that is a URL by its form, what begins each one says nothing of the key. */
const KEY_URL = /^https:\/\/hooks\.slack\.com\/services\//i;

function isPlaceholder(value: string): boolean {
  const key = value.replace(KEY_URL, '');
  return PLACEHOLDER_KEY.some((part) => key.includes(part));
}

const RULES: Readonly<Record<SecretTag, (value: string) => boolean>> = {
  IP_ADDRESS: (value) => !isPrivateAddress(value),
  EMAIL: (value) => !MADE_UP_EMAIL.some((part) => value.includes(part)),
  KEY: (value) => value !== 'ghp' && !isPlaceholder(value),
};

const IS_SENSITIVE: ReadonlyMap<string, (value: string) => boolean> = new Map(Object.entries(RULES));

/**
 * Keeps the secrets that count as sensitive: drops private, loopback and link-local addresses
 * ({@link isPrivateAddress}), e-mail addresses that contain `example`, `test`, `user`, `aaa`, `bbb` or `ccc`, and keys
 * that are `ghp` or contain one of the published placeholders, `https` among them, which does not count where every key of
 * its kind begins so. Matching minds case, as published. What has a tag of its
 * owner's is sensitive because its owner says so.
 * A document left with none is of no interest to the later stages.
 */
export function filterSecrets<T extends Pick<Secret, 'tag' | 'value'>>(secrets: readonly T[]): T[] {
  return secrets.filter(({ tag, value }) => IS_SENSITIVE.get(tag)?.(value) ?? true);
}
