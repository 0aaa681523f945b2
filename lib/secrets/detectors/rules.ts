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
import { isDigit } from './characters.js';
import { isJsonWebToken } from './json-web-token.js';

export interface KeyRule {
  /** Its own name, for rules files and explanations. */
  readonly id: string;
  /** The name that detect-secrets gives this kind. */
  readonly type: string;
  /** Global and multi-line; the value is group `value` where there is one, else the whole match. */
  readonly pattern: RegExp;
  /** Every match contains one of these, in this case unless the pattern folds it: where there is none, nothing is tried. */
  readonly literals: readonly string[];
  /** Do matches begin with the literal? Then the pattern is tried at its places only. */
  readonly begins?: true;
  /** Can a match hold the literal that stands at `at`? Asked first, where literals are frequent and matches rare. */
  readonly holds?: (text: string, at: number) => boolean;
  readonly isValid?: (value: string) => boolean;
  /**
   * How much a match says. `form` (default): nothing but a key looks like this. `loose`: words and identifiers may, so
   * that the value must look random as well. `entropy`: found by its randomness alone (quoted-strings.ts).
   */
  readonly evidence?: 'loose' | 'entropy';
  /** Is the value a secret at the places of matches only? Default: wherever it stands in the text. */
  readonly inPlace?: true;
}

/**
 * `name = value`, `"name": value`, `[name] => value` and so on, any case, quotes optional.
 * @param name What the name consists of. @param value What the value consists of.
 */
function assignment(name: string, value: string): RegExp {
  return new RegExp(`(?<!\\w)\\[?["']?${name}["']?\\]?${SIGN}["']?(?<value>${value})`, 'gim');
}

const SIGN = '(?: *(?:=>|:=|::|=|:) *| +)';
const KEY_OR_PASSWORD = '(?:key|pwd|password|pass|token)';
const CLOUDANT_NAME = '(?:cloudant|cl|clou)[_-]?(?:api)?(?:key|pwd|pw|password|pass|token)';
const IBM_CLOUD = '(?:ibm[_-]?cloud[_-]?iam|cloud[_-]?iam|ibm[_-]?cloud|ibm[_-]?iam|ibm|iam|cloud)';
const IBM_CLOUD_KEY = `[_-]?(?:api)?[_-]?${KEY_OR_PASSWORD}`;
const IBM_CLOUD_VALUE = '[a-zA-Z0-9_-]{44}(?![a-zA-Z0-9_-])';

/** With what the names of assignments end. */
const NAME_ENDS = ['key', 'pwd', 'pw', 'password', 'pass', 'token'];
const ASSIGNED = new RegExp(`(?:key|pwd?|password|pass|token)["']?\\]?${SIGN}["']?[\\w-]{24}`, 'iy');
/** Does something as long as a key follow a name's end and a sign? */
const isAssigned = (text: string, at: number): boolean => matchesAt(ASSIGNED, text, at);

function matchesAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(text);
}

const DISCORD_END = /\.[\w-]{6}\.[\w-]{27}/y;
const TELEGRAM_END = /:[\w-]{35}/y;
const MAILCHIMP_END = /(?<=[0-9a-z]{32})-us\d/y;
const DOT = 0x2e;

/** Keys of this kind are hexadecimal: letters alone are a word. */
const hasDigit = (value: string): boolean => /\d/.test(value.slice(2, -4));

const STAND_INS =
  /^(?:pass(?:word|wd)?|pwd|user(?:name)?|secret|token|admin|root|test|x+|\*+|\.+|changeme|example)$/i;
/** `${PASSWORD}`, `%s`, `<password>`, `{{ secret }}` and calls stand for a password that is elsewhere. */
const isWritten = (value: string): boolean =>
  !STAND_INS.test(value) && !/^[$%<{[*]|\$\{|\{\{|[()]/.test(value);
/** Words without a digit are names of fields, messages and types far more often than passwords. */
const isPassword = (value: string): boolean => isWritten(value) && /\d/.test(value);

/** Random letters and digits have some of each kind; names seldom do. */
const isMixed = (value: string): boolean => /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);

/** In order of precedence: where two rules find the same text, the earlier one names it. */
export const KEY_RULES: readonly KeyRule[] = [
  {
    id: 'github-signed',
    type: 'GitHub Token',
    pattern: /(?<![\w-])ghs_\d+_eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g,
    literals: ['ghs_'],
    begins: true,
  },
  {
    id: 'github',
    type: 'GitHub Token',
    pattern: /gh[opusr]_[A-Za-z0-9_]{36,255}/g,
    literals: ['gho_', 'ghp_', 'ghu_', 'ghs_', 'ghr_'],
    begins: true,
  },
  {
    id: 'github-fine-grained',
    type: 'GitHub Token',
    pattern: /github_pat_[A-Za-z0-9_]{36,255}/g,
    literals: ['github_pat_'],
    begins: true,
  },
  {
    id: 'gitlab',
    type: 'GitLab Token',
    pattern: /(?:glpat|gldt|glft|glsoat|glrt)-[\w-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?(?!\w)/g,
    literals: ['glpat-', 'gldt-', 'glft-', 'glsoat-', 'glrt-'],
    begins: true,
  },
  {
    id: 'gitlab-runner-registration',
    type: 'GitLab Token',
    pattern: /GR1348941[\w-]{20,50}(?!\w)/g,
    literals: ['GR1348941'],
    begins: true,
  },
  {
    id: 'gitlab-ci-build',
    type: 'GitLab Token',
    pattern: /glcbt-(?:[0-9a-fA-F]{2}_)?[\w-]{20,50}(?!\w)/g,
    literals: ['glcbt-'],
    begins: true,
  },
  {
    id: 'gitlab-incoming-mail',
    type: 'GitLab Token',
    pattern: /glimt-[\w-]{25}(?!\w)/g,
    literals: ['glimt-'],
    begins: true,
  },
  {
    id: 'gitlab-trigger',
    type: 'GitLab Token',
    pattern: /glptt-[\w-]{40}(?!\w)/g,
    literals: ['glptt-'],
    begins: true,
  },
  {
    id: 'gitlab-agent',
    type: 'GitLab Token',
    pattern: /glagent-[\w-]{50,1024}(?!\w)/g,
    literals: ['glagent-'],
    begins: true,
  },
  {
    id: 'gitlab-oauth',
    type: 'GitLab Token',
    pattern: /gloas-[\w-]{64}(?!\w)/g,
    literals: ['gloas-'],
    begins: true,
  },
  {
    id: 'aws-key-id',
    type: 'AWS Access Key',
    pattern: /(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}/g,
    literals: ['A3T', 'ABIA', 'ACCA', 'AKIA', 'ASIA'],
    begins: true,
  },
  {
    id: 'aws-secret',
    type: 'AWS Access Key',
    pattern: /aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?['"](?<value>[0-9a-zA-Z/+]{40})['"]/gi,
    literals: ['aws'],
    begins: true,
  },
  {
    id: 'azure-storage',
    type: 'Azure Storage Account access key',
    pattern: /AccountKey=(?<value>[a-zA-Z0-9+/=]{88})/g,
    literals: ['AccountKey='],
    begins: true,
  },
  // detect-secrets knows the token in an .npmrc only; bare `npm_` tokens have a fixed length (ours).
  {
    id: 'npmrc',
    type: 'NPM tokens',
    pattern: /\/:_authToken=\s*(?<value>npm_[^\s'"]+|[A-Fa-f0-9-]{36})/g,
    literals: ['/:_authToken='],
    begins: true,
  },
  {
    id: 'npm',
    type: 'NPM tokens',
    pattern: /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g,
    literals: ['npm_'],
    begins: true,
  },
  {
    id: 'pypi',
    type: 'PyPI Token',
    pattern: /pypi-AgEIcHlwaS5vcmc[\w-]{70,}/g,
    literals: ['pypi-AgEI'],
    begins: true,
  },
  {
    id: 'pypi-test',
    type: 'PyPI Token',
    pattern: /pypi-AgENdGVzdC5weXBpLm9yZw[\w-]{70,}/g,
    literals: ['pypi-AgEN'],
    begins: true,
  },
  {
    id: 'openai',
    type: 'OpenAI Token',
    pattern: /sk-[\w-]{0,200}T3BlbkFJ[\w-]{20,200}/g,
    literals: ['T3BlbkFJ'],
  },
  {
    id: 'openai-project',
    type: 'OpenAI Token',
    pattern: /(?<![\w-])sk-(?:proj|svcacct|admin)-[\w-]{40,300}/g,
    literals: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    begins: true,
  },
  {
    id: 'anthropic',
    type: 'Anthropic Token',
    pattern: /(?<![\w-])sk-ant-[a-z]+\d\d-[\w-]{80,200}/g,
    literals: ['sk-ant-'],
    begins: true,
  },
  {
    id: 'google-api',
    type: 'Google API Key',
    pattern: /AIza[\w-]{35}(?![\w-])/g,
    literals: ['AIza'],
    begins: true,
  },
  {
    id: 'private-key',
    type: 'Private Key',
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----\s*(?<value>[A-Za-z0-9+/=][^-]{20,20000})(?<!\s)\s*-----END /g,
    literals: ['-----BEGIN '],
    begins: true,
  },
  {
    id: 'sendgrid',
    type: 'SendGrid API Key',
    pattern: /SG\.[\w-]{22}\.[\w-]{43}/g,
    literals: ['SG.'],
    begins: true,
  },
  {
    id: 'slack',
    type: 'Slack Token',
    pattern: /(?:xoxe\.)?xox[abeposr]-(?:\d+-)+[a-z0-9]+/gi,
    literals: ['xox'],
    begins: true,
  },
  {
    id: 'slack-webhook',
    type: 'Slack Token',
    pattern: /https:\/\/hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/gi,
    literals: ['hooks.slack.com'],
  },
  {
    id: 'stripe',
    type: 'Stripe Access Key',
    pattern: /[rs]k_live_[0-9a-zA-Z]{24,250}/g,
    literals: ['rk_live_', 'sk_live_'],
    begins: true,
  },
  {
    id: 'square',
    type: 'Square OAuth Secret',
    pattern: /sq0csp-[\w\\-]{43}/g,
    literals: ['sq0csp-'],
    begins: true,
  },
  {
    id: 'discord',
    type: 'Discord Bot Token',
    pattern: /[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}/g,
    literals: ['.'],
    holds: (text, at) => text.charCodeAt(at + 7) === DOT && matchesAt(DISCORD_END, text, at),
    // Of names with dots between them hardly one is so long and has all of these.
    isValid: (value) => isMixed(value.slice(value.lastIndexOf('.'))),
  },
  {
    id: 'telegram',
    type: 'Telegram Bot Token',
    pattern: /\d{8,10}:[\w-]{35}/g,
    literals: [':'],
    holds: (text, at) => isDigit(text.charCodeAt(at - 1)) && matchesAt(TELEGRAM_END, text, at),
  },
  {
    id: 'mailchimp',
    type: 'Mailchimp Access Key',
    pattern: /[0-9a-z]{32}-us[0-9]{1,2}/g,
    literals: ['-us'],
    holds: (text, at) => matchesAt(MAILCHIMP_END, text, at),
    isValid: hasDigit,
  },
  {
    id: 'json-web-token',
    type: 'JSON Web Token',
    pattern: /(?<![\w-])eyJ[\w-]+={0,2}\.[\w-]*={0,2}(?:\.[\w-]*){0,3}/g,
    literals: ['eyJ'],
    begins: true,
    isValid: isJsonWebToken,
  },
  {
    id: 'cloudant-hex',
    type: 'Cloudant Credentials',
    // `cloudant_api_key` as well, which detect-secrets does not know.
    pattern: assignment(CLOUDANT_NAME.replace('(?:api)?', '(?:api[_-]?)?'), '[0-9a-f]{64}'),
    literals: NAME_ENDS,
    holds: isAssigned,
  },
  {
    id: 'cloudant',
    type: 'Cloudant Credentials',
    pattern: assignment(CLOUDANT_NAME, '[a-z]{24}'),
    literals: NAME_ENDS,
    holds: isAssigned,
    evidence: 'loose',
  },
  {
    id: 'cloudant-url',
    type: 'Cloudant Credentials',
    pattern: /https?:\/\/[\w-]+:(?<value>[0-9a-f]{64}|[a-z]{24})@[\w-]+\.cloudant\.com/gi,
    literals: ['.cloudant.com'],
  },
  {
    id: 'softlayer',
    type: 'SoftLayer Credentials',
    pattern: assignment(`(?:softlayer|sl)[_-]?(?:api)?[_-]?${KEY_OR_PASSWORD}`, '[a-z0-9]{64}'),
    literals: NAME_ENDS,
    holds: isAssigned,
  },
  {
    id: 'softlayer-url',
    type: 'SoftLayer Credentials',
    pattern: /https?:\/\/api.softlayer.com\/soap\/v3(?:.1)?\/(?<value>[a-z0-9]{64})/gi,
    literals: ['com/soap/v3'],
  },
  {
    id: 'ibm-cloud-iam',
    type: 'IBM Cloud IAM Key',
    pattern: assignment(IBM_CLOUD + IBM_CLOUD_KEY, IBM_CLOUD_VALUE),
    literals: NAME_ENDS,
    holds: isAssigned,
    isValid: isMixed,
  },
  // A name without the service says little.
  {
    id: 'api-key',
    type: 'IBM Cloud IAM Key',
    pattern: assignment(`${IBM_CLOUD}?${IBM_CLOUD_KEY}`, IBM_CLOUD_VALUE),
    literals: NAME_ENDS,
    holds: isAssigned,
    evidence: 'loose',
  },
  {
    id: 'ibm-cos',
    type: 'IBM COS HMAC Credentials',
    pattern: assignment(
      '(?:(?:ibm)?[_-]?cos[_-]?(?:hmac)?)?[_-]?secret[_-]?(?:access)?[_-]?key',
      '[a-f0-9]{48}(?![a-f0-9])',
    ),
    literals: NAME_ENDS,
    holds: isAssigned,
  },
  {
    id: 'twilio',
    type: 'Twilio API Key',
    pattern: /(?:AC|SK)[a-z0-9]{32}/g,
    literals: ['AC', 'SK'],
    begins: true,
    isValid: hasDigit,
  },
  {
    id: 'artifactory',
    type: 'Artifactory Credentials',
    pattern: /(?<![^\s=:"])AKC[a-zA-Z0-9]{10,}(?=[\s"]|$)/gm,
    literals: ['AKC'],
    begins: true,
  },
  {
    id: 'artifactory-password',
    type: 'Artifactory Credentials',
    pattern: /(?<![^\s=:"])AP[\dA-F][a-zA-Z0-9]{8,}(?=[\s"]|$)/gm,
    literals: [...'0123456789ABCDEF'].map((digit) => `AP${digit}`),
    begins: true,
    evidence: 'loose',
  },
  {
    id: 'url-password',
    type: 'Basic Auth Credentials',
    pattern: /:\/\/[^\s:/?#@'"`<>[\]]{0,256}:(?<value>[^\s:/?#@'"`<>[\]]{3,256})@[\w.-]/g,
    literals: ['://'],
    begins: true,
    isValid: isWritten,
    inPlace: true,
  },
  {
    id: 'password',
    type: 'Secret Keyword',
    pattern:
      /(?:password|passwd|passphrase|pwd)["']?\]?[ \t]{0,8}(?::=|=>|=|:)[ \t]{0,8}(["'])(?<value>[^"'\s\\]{6,128})\1/gi,
    literals: ['password', 'passwd', 'passphrase', 'pwd'],
    begins: true,
    isValid: isPassword,
    inPlace: true,
  },
];
