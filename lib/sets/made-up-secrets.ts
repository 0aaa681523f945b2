/** Secrets that open nothing, in the formats of real ones, as lines of code. */
import type { Random } from '../random.js';
import type { Language } from './languages.js';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const ALPHANUMERIC = LOWER + UPPER + DIGITS;

const draw = (random: Random, count: number, from: string): string =>
  Array.from({ length: count }, () => from[random.integer(from.length)]).join('');

const GIVEN_NAMES = [
  'jana',
  'ove',
  'mirek',
  'ines',
  'tomas',
  'lucie',
  'bjorn',
  'katya',
  'emre',
  'noor',
] as const;
const FAMILY_NAMES = [
  'kolar',
  'lindqvist',
  'haddad',
  'moreau',
  'okafor',
  'brandt',
  'silva',
  'novak',
] as const;
const COMPANIES = ['nordwind', 'kestrel-labs', 'bluefjord', 'ironpeak', 'solano', 'quietriver'] as const;

interface PlantKindSpec {
  readonly make: (random: Random) => string;
  /** Names that a constant of this kind bears in real code; none: it stands in a comment. */
  readonly names?: readonly string[];
}

/**
 * What can be planted, short kinds and long ones in turn, so that two in a document have the 32 tokens that the published
 * selection asks for. The top-level domain `invalid` is reserved, so no planted address can exist (RFC 2606).
 */
export const PLANT_KINDS = {
  email: {
    make: (random) =>
      `${random.pick(GIVEN_NAMES)}.${random.pick(FAMILY_NAMES)}${10 + random.integer(90)}@${random.pick(COMPANIES)}.invalid`,
  },
  github: {
    make: (random) => `ghp_${draw(random, 36, ALPHANUMERIC)}`,
    names: ['GITHUB_TOKEN', 'API_TOKEN', 'githubToken'],
  },
  aws: {
    make: (random) => `AKIA${draw(random, 16, UPPER + DIGITS)}`,
    names: ['AWS_ACCESS_KEY_ID', 'accessKeyId', 'awsKey'],
  },
  slack: {
    make: (random) =>
      `xoxb-${draw(random, 12, DIGITS)}-${draw(random, 12, DIGITS)}-${draw(random, 24, ALPHANUMERIC)}`,
    names: ['SLACK_BOT_TOKEN', 'slackToken', 'BOT_TOKEN'],
  },
  stripe: {
    make: (random) => `sk_live_${draw(random, 24, ALPHANUMERIC)}`,
    names: ['STRIPE_KEY', 'stripeSecretKey', 'PAYMENT_KEY'],
  },
  sendgrid: {
    make: (random) => `SG.${draw(random, 22, ALPHANUMERIC)}.${draw(random, 43, ALPHANUMERIC)}`,
    names: ['SENDGRID_API_KEY', 'MAIL_KEY', 'sendgridKey'],
  },
} as const satisfies Readonly<Record<string, PlantKindSpec>>;

export type PlantKind = keyof typeof PLANT_KINDS;

/** One line of code or comment, without its line break, and the secret in it. */
export function plantedLine(
  kind: PlantKind,
  language: Language,
  random: Random,
): { line: string; value: string } {
  const { make, names }: PlantKindSpec = PLANT_KINDS[kind];
  const value = make(random);
  const line =
    names === undefined
      ? `${language.line[0]} ${random.pick(['contact', 'maintainer', 'questions to'])}: ${value}`
      : language.assign(random.pick(names), value);
  return { line, value };
}
