/**
 * The key rules as data: what detect-secrets 1.5 looks for, written so that matching takes linear time on any input.
 *
 * Where we differ from detect-secrets on purpose (ours): a value is the whole token, never a part of it. detect-secrets
 * reports only `ghp` for a GitHub token and `glpat` for a GitLab one, the first characters of formats that have grown since (Stripe,
 * Discord, GitHub's signed tokens, GitLab's routable ones), everything to the end of the line for npm, the
 * header and payload of a JWT without its signature, the `AccountKey=` before an Azure key, and the delimiters around
 * an Artifactory one. Spaces around an assignment sign, and the project part of an OpenAI key, are matched in a form
 * that cannot backtrack badly; a JWT must not stand directly after a letter, digit, `_` or `-`, for the same reason.
 */
import { BASE64_ENTROPY_LIMIT, HEX_ENTROPY_LIMIT, hexEntropy, shannonEntropy } from './entropy.js';
import { isJsonWebToken } from './json-web-token.js';

export interface KeyRule {
  /** The name that detect-secrets gives this kind. */
  readonly type: string;
  /** Global and multi-line; the value is group `value` where there is one, else the whole match. */
  readonly pattern: RegExp;
  /** Lower-case text that any match contains: a text without it is not searched. */
  readonly literal?: string;
  readonly isValid?: (value: string) => boolean;
  /**
   * How much a match says. `form` (default): nothing but a key looks like this. `loose`: words and identifiers may, so
   * that the value must look random as well. `entropy`: found by its randomness alone.
   */
  readonly evidence?: 'loose' | 'entropy';
}

/**
 * `name = value`, `"name": value`, `[name] => value` and so on, any case, quotes optional.
 * @param name What the name consists of. @param value What the value consists of.
 */
function assignment(name: string, value: string): RegExp {
  const sign = '(?: *(?:=>|:=|::|=|:) *| +)';
  return new RegExp(`(?<!\\w)\\[?["']?${name}["']?\\]?${sign}["']?(?<value>${value})`, 'gim');
}

const KEY_OR_PASSWORD = '(?:key|pwd|password|pass|token)';
const CLOUDANT_NAME = '(?:cloudant|cl|clou)[_-]?(?:api)?(?:key|pwd|pw|password|pass|token)';
const IBM_CLOUD_NAME =
  '(?:ibm[_-]?cloud[_-]?iam|cloud[_-]?iam|ibm[_-]?cloud|ibm[_-]?iam|ibm|iam|cloud)?[_-]?(?:api)?[_-]?';

/** Keys of this kind are hexadecimal: letters alone are a word. */
const hasDigit = (value: string): boolean => /\d/.test(value.slice(2, -4));

/** In order of precedence: where two rules find the same text, the earlier one names it. */
export const KEY_RULES: readonly KeyRule[] = [
  {
    type: 'GitHub Token',
    pattern: /(?<![\w-])ghs_\d+_eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g,
    literal: 'ghs_',
  },
  { type: 'GitHub Token', pattern: /gh[opusr]_[A-Za-z0-9_]{36,255}/g },
  { type: 'GitHub Token', pattern: /github_pat_[A-Za-z0-9_]{36,255}/g, literal: 'github_pat_' },
  {
    type: 'GitLab Token',
    pattern: /(?:glpat|gldt|glft|glsoat|glrt)-[\w-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?(?!\w)/g,
  },
  { type: 'GitLab Token', pattern: /GR1348941[\w-]{20,50}(?!\w)/g, literal: 'gr1348941' },
  { type: 'GitLab Token', pattern: /glcbt-(?:[0-9a-fA-F]{2}_)?[\w-]{20,50}(?!\w)/g, literal: 'glcbt-' },
  { type: 'GitLab Token', pattern: /glimt-[\w-]{25}(?!\w)/g, literal: 'glimt-' },
  { type: 'GitLab Token', pattern: /glptt-[\w-]{40}(?!\w)/g, literal: 'glptt-' },
  { type: 'GitLab Token', pattern: /glagent-[\w-]{50,1024}(?!\w)/g, literal: 'glagent-' },
  { type: 'GitLab Token', pattern: /gloas-[\w-]{64}(?!\w)/g, literal: 'gloas-' },
  { type: 'AWS Access Key', pattern: /(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}/g },
  {
    type: 'AWS Access Key',
    pattern: /aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?['"](?<value>[0-9a-zA-Z/+]{40})['"]/gi,
    literal: 'aws',
  },
  {
    type: 'Azure Storage Account access key',
    pattern: /AccountKey=(?<value>[a-zA-Z0-9+/=]{88})/g,
    literal: 'accountkey=',
  },
  // detect-secrets knows the token in an .npmrc only; bare `npm_` tokens have a fixed length (ours).
  {
    type: 'NPM tokens',
    pattern: /\/:_authToken=\s*(?<value>npm_[^\s'"]+|[A-Fa-f0-9-]{36})/g,
    literal: '_authtoken=',
  },
  { type: 'NPM tokens', pattern: /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g, literal: 'npm_' },
  { type: 'PyPI Token', pattern: /pypi-AgEIcHlwaS5vcmc[\w-]{70,}/g, literal: 'pypi-' },
  { type: 'PyPI Token', pattern: /pypi-AgENdGVzdC5weXBpLm9yZw[\w-]{70,}/g, literal: 'pypi-' },
  {
    type: 'OpenAI Token',
    pattern: /sk-[\w-]{0,200}T3BlbkFJ[\w-]{20,200}/g,
    literal: 't3blbkfj',
  },
  { type: 'OpenAI Token', pattern: /(?<![\w-])sk-(?:proj|svcacct|admin)-[\w-]{40,300}/g, literal: 'sk-' },
  { type: 'Anthropic Token', pattern: /(?<![\w-])sk-ant-[a-z]+\d\d-[\w-]{80,200}/g, literal: 'sk-ant-' },
  { type: 'Google API Key', pattern: /AIza[\w-]{35}(?![\w-])/g, literal: 'aiza' },
  {
    type: 'Private Key',
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----\s*(?<value>[A-Za-z0-9+/=][^-]{20,20000})(?<!\s)\s*-----END /g,
    literal: 'private key',
  },
  { type: 'SendGrid API Key', pattern: /SG\.[\w-]{22}\.[\w-]{43}/g, literal: 'sg.' },
  { type: 'Slack Token', pattern: /(?:xoxe\.)?xox[abeposr]-(?:\d+-)+[a-z0-9]+/gi, literal: 'xox' },
  {
    type: 'Slack Token',
    pattern: /https:\/\/hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/gi,
    literal: 'hooks.slack.com',
  },
  { type: 'Stripe Access Key', pattern: /[rs]k_live_[0-9a-zA-Z]{24,250}/g, literal: 'k_live_' },
  { type: 'Square OAuth Secret', pattern: /sq0csp-[\w\\-]{43}/g, literal: 'sq0csp-' },
  { type: 'Discord Bot Token', pattern: /[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}/g, evidence: 'loose' },
  { type: 'Telegram Bot Token', pattern: /\d{8,10}:[\w-]{35}/g },
  { type: 'Mailchimp Access Key', pattern: /[0-9a-z]{32}-us[0-9]{1,2}/g, literal: '-us', isValid: hasDigit },
  {
    type: 'JSON Web Token',
    pattern: /(?<![\w-])eyJ[\w-]+={0,2}\.[\w-]*={0,2}(?:\.[\w-]*){0,3}/g,
    literal: 'eyj',
    isValid: isJsonWebToken,
  },
  { type: 'Cloudant Credentials', pattern: assignment(CLOUDANT_NAME, '[0-9a-f]{64}'), literal: 'cl' },
  {
    type: 'Cloudant Credentials',
    pattern: assignment(CLOUDANT_NAME, '[a-z]{24}'),
    literal: 'cl',
    evidence: 'loose',
  },
  {
    type: 'Cloudant Credentials',
    pattern: /https?:\/\/[\w-]+:(?<value>[0-9a-f]{64}|[a-z]{24})@[\w-]+\.cloudant\.com/gi,
    literal: '.cloudant.com',
  },
  {
    type: 'SoftLayer Credentials',
    pattern: assignment(`(?:softlayer|sl)[_-]?(?:api)?[_-]?${KEY_OR_PASSWORD}`, '[a-z0-9]{64}'),
  },
  {
    type: 'SoftLayer Credentials',
    pattern: /https?:\/\/api.softlayer.com\/soap\/v3(?:.1)?\/(?<value>[a-z0-9]{64})/gi,
    literal: 'softlayer',
  },
  {
    type: 'IBM Cloud IAM Key',
    pattern: assignment(IBM_CLOUD_NAME + KEY_OR_PASSWORD, '[a-zA-Z0-9_-]{44}(?![a-zA-Z0-9_-])'),
    evidence: 'loose',
  },
  {
    type: 'IBM COS HMAC Credentials',
    pattern: assignment(
      '(?:(?:ibm)?[_-]?cos[_-]?(?:hmac)?)?[_-]?secret[_-]?(?:access)?[_-]?key',
      '[a-f0-9]{48}(?![a-f0-9])',
    ),
    literal: 'secret',
  },
  { type: 'Twilio API Key', pattern: /(?:AC|SK)[a-z0-9]{32}/g, isValid: hasDigit },
  { type: 'Artifactory Credentials', pattern: /(?<![^\s=:"])AKC[a-zA-Z0-9]{10,}(?=[\s"]|$)/gm },
  {
    type: 'Artifactory Credentials',
    pattern: /(?<![^\s=:"])AP[\dA-F][a-zA-Z0-9]{8,}(?=[\s"]|$)/gm,
    evidence: 'loose',
  },
  {
    type: 'Hex High Entropy String',
    pattern: /(['"])(?<value>[0-9a-fA-F]+)\1/g,
    isValid: (value) => hexEntropy(value) > HEX_ENTROPY_LIMIT,
    evidence: 'entropy',
  },
  {
    type: 'Base64 High Entropy String',
    pattern: /(['"])(?<value>[A-Za-z0-9+/\\\-_=]+)\1/g,
    isValid: (value) => shannonEntropy(value) > BASE64_ENTROPY_LIMIT,
    evidence: 'entropy',
  },
];
