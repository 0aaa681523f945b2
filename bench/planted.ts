/**
 * How many made-up keys of each kind a scan finds whole: `npm run bench -- planted`. Each key stands in each of twelve contexts;
 * found is what has a record of exactly its extent. Seeded: the same keys in every run.
 */

import { Random } from '../lib/random.js';
import { filterSecrets } from '../lib/secrets/filter.js';
import { scanSecrets } from '../lib/secrets/scan.js';
import { present } from './compare.js';
import { readSettings } from './settings.js';

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const ALL = UPPER + LOWER + DIGITS;
const URL_SAFE = `${ALL}-_`;
const random = new Random(42);
const some = (count: number, alphabet: string): string =>
  Array.from({ length: count }, () => alphabet[random.integer(alphabet.length)]).join('');
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

interface Kind {
  readonly make: () => string;
  /** What has to stand before the key for anybody to know it. */
  readonly lead?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'GitHub personal': { make: () => `ghp_${some(36, ALL)}` },
  'GitHub OAuth': { make: () => `gho_${some(36, ALL)}` },
  'GitHub user': { make: () => `ghu_${some(36, ALL)}` },
  'GitHub server': { make: () => `ghs_${some(36, ALL)}` },
  'GitHub refresh': { make: () => `ghr_${some(36, ALL)}` },
  'GitHub fine-grained': { make: () => `github_pat_${some(22, ALL)}_${some(59, ALL)}` },
  'GitLab personal': { make: () => `glpat-${some(20, ALL)}` },
  'GitLab routable': { make: () => `glpat-${some(27, ALL)}.01.${some(9, LOWER + DIGITS)}` },
  'GitLab deploy': { make: () => `gldt-${some(20, ALL)}` },
  'GitLab runner': { make: () => `glrt-${some(20, ALL)}` },
  'GitLab trigger': { make: () => `glptt-${some(40, HEX)}` },
  'GitLab OAuth': { make: () => `gloas-${some(64, HEX)}` },
  'GitLab mail': { make: () => `glimt-${some(25, ALL)}` },
  'GitLab agent': { make: () => `glagent-${some(50, ALL)}` },
  'AWS key id': { make: () => `AKIA${some(16, `${UPPER}234567`)}` },
  'AWS temporary id': { make: () => `ASIA${some(16, `${UPPER}234567`)}` },
  'Azure storage': { lead: 'AccountKey=', make: () => `${some(86, `${ALL}+/`)}==` },
  npm: { make: () => `npm_${some(36, ALL)}` },
  'npm in .npmrc': {
    lead: '//registry.npmjs.org/:_authToken=',
    make: () => [8, 4, 4, 4, 12].map((count) => some(count, HEX)).join('-'),
  },
  PyPI: { make: () => `pypi-AgEIcHlwaS5vcmc${some(120, ALL)}` },
  'PyPI test': { make: () => `pypi-AgENdGVzdC5weXBpLm9yZw${some(120, ALL)}` },
  'OpenAI of 2022': { make: () => `sk-${some(20, ALL)}T3BlbkFJ${some(20, ALL)}` },
  'OpenAI project': { make: () => `sk-proj-${some(74, ALL)}T3BlbkFJ${some(74, ALL)}` },
  'OpenAI service': { make: () => `sk-svcacct-${some(58, ALL)}T3BlbkFJ${some(58, ALL)}` },
  Anthropic: { make: () => `sk-ant-api03-${some(93, ALL)}AA` },
  'Google API': { make: () => `AIza${some(35, ALL)}` },
  SendGrid: { make: () => `SG.${some(22, ALL)}.${some(43, ALL)}` },
  'Slack bot': { make: () => `xoxb-${some(12, DIGITS)}-${some(12, DIGITS)}-${some(24, ALL)}` },
  'Slack user': {
    make: () => `xoxp-${some(12, DIGITS)}-${some(12, DIGITS)}-${some(12, DIGITS)}-${some(32, HEX)}`,
  },
  'Slack webhook': {
    make: () => `https://hooks.slack.com/services/T${some(8, UPPER)}/B${some(8, UPPER)}/${some(24, ALL)}`,
  },
  Stripe: { make: () => `sk_live_${some(24, ALL)}` },
  'Stripe of 2023': { make: () => `sk_live_51${some(97, ALL)}` },
  'Stripe restricted': { make: () => `rk_live_${some(24, ALL)}` },
  Square: { make: () => `sq0csp-${some(43, ALL)}` },
  'Discord bot': { make: () => `M${some(25, ALL)}.${some(6, ALL)}.${some(38, ALL)}` },
  'Telegram bot': { make: () => `${1 + random.integer(9)}${some(9, DIGITS)}:AA${some(33, URL_SAFE)}` },
  Mailchimp: { make: () => `${some(32, HEX)}-us${1 + random.integer(20)}` },
  'JSON Web Token': {
    make: () =>
      `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub: some(10, DIGITS), n: some(8, ALL) })}.${some(43, ALL)}`,
  },
  'Twilio account': { make: () => `AC${some(32, HEX)}` },
  'Twilio key': { make: () => `SK${some(32, HEX)}` },
  Cloudant: { lead: 'cloudant_api_key=', make: () => some(64, HEX) },
  SoftLayer: { lead: 'softlayer_api_key=', make: () => some(64, HEX) },
  'IBM COS': { lead: 'cos_hmac_secret_access_key=', make: () => some(48, HEX) },
  'IBM Cloud IAM': { lead: 'ibm_cloud_api_key=', make: () => some(44, ALL) },
  'private key': {
    lead: '-----BEGIN RSA PRIVATE KEY-----\n',
    make: () => `MII${some(61, ALL)}\n${some(64, ALL)}\n${some(40, ALL)}`,
  },
  'password in a URL': { lead: 'postgres://app:', make: () => some(16, ALL) },
};

/** What follows the kinds that end by what stands behind them. */
const ENDS: Readonly<Record<string, string>> = {
  'private key': '\n-----END RSA PRIVATE KEY-----',
  'password in a URL': '@db.intern.net/x',
};

const CONTEXTS: readonly ((body: string) => string)[] = [
  (body) => `k = "${body}"\n`,
  (body) => `k = '${body}'\n`,
  (body) => `KEY=${body}\n`,
  (body) => `k = "${body}\\n"\n`,
  (body) => `{\\"k\\": \\"${body}\\"}\n`,
  (body) => `{"a": {"k": "${body}"}}\n`,
  (body) => `a:\n  k: ${body}\n`,
  (body) => `GET https://api.host.net/v1?k=${body}&n=1\n`,
  (body) => `// ${body}\n`,
  (body) => `sha256 hash "${body}"\n`,
  (body) => `键${body}密\n`,
  (body) => `😀${body}😀\n`,
];

const settings = readSettings();
const each = settings.smoke ? 2 : 200;
const rows: string[][] = [];
for (const [name, { make, lead = '' }] of Object.entries(KINDS)) {
  const found = CONTEXTS.map(() => 0);
  for (let round = 0; round < each; round++) {
    const key = make();
    for (const [c, context] of CONTEXTS.entries()) {
      const text = `a = 1\n${context(lead + key + (ENDS[name] ?? ''))}b = 2\n`;
      const start = text.indexOf(lead + key) + lead.length;
      const secrets = filterSecrets(scanSecrets(text));
      if (secrets.some((secret) => secret.start === start && secret.value === key)) found[c]!++;
    }
  }
  const total = found.reduce((sum, count) => sum + count, 0);
  const worst = Math.min(...found);
  const where = found.flatMap((count, c) => (count < each ? [`${c + 1}: ${each - count}`] : [])).join(', ');
  rows.push([
    name,
    ((100 * total) / (each * CONTEXTS.length)).toFixed(2),
    ((100 * worst) / each).toFixed(1),
    where,
  ]);
}
await present(
  {
    name: 'planted',
    work: `${rows.length} kinds of made-up keys, ${each} of each, in ${CONTEXTS.length} contexts each: quoted twice, bare, before an escape, in escaped JSON, in JSON, in YAML, in a URL, in a comment, on a line about hashes, between Chinese words, between emoji. Found is a record of exactly the key, after the filter. The last column counts the missed ones by context.`,
    columns: ['kind', 'found %', 'worst context %', 'missed'],
    rows,
  },
  [{ about: `Node ${process.version}` }],
  { ...settings, rounds: 1 },
);
