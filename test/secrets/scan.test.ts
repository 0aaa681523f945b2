import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/random.js';
import { scanSecrets } from '../../lib/secrets/scan.js';

const values = (text: string, tags?: readonly ('EMAIL' | 'IP_ADDRESS' | 'KEY')[]): string[] =>
  scanSecrets(text, { tags }).map(({ value }) => value);

// Put together, so that no scanner of repositories takes them for real.
const GITHUB = `ghp_${'x9Kq2ZvT7wLp4RjX8bNc5GfD3hYs6MkV1QzW'}`;
const AWS = `AKIA${'XQZJKVWPQX7ZK3VQ'}`;
const HEX40 = 'bd4cfb2a9d8cfdbd0c4a6fbd9e8cdb1fb3a7dc05';

describe('e-mail addresses', () => {
  test.each([
    ['// contact: jana.kolar84@nordwind.invalid', ['jana.kolar84@nordwind.invalid']],
    ['<jana@x.org>, "ove@y.net"; (a+b@sub.z.co.uk).', ['jana@x.org', 'ove@y.net', 'a+b@sub.z.co.uk']],
    ['mailto=jana@x.org', ['jana@x.org']],
    ['`jürgen@müller.de`', ['jürgen@müller.de']],
    ['@scope/name@1.2.3 python@2.7 a@b @c.de', []],
    ['logo@2x.png icon@3x.PNG', []],
    ['https://jana:secret@host.org/ ftp://jana@host.org', []],
    ['.jana@x.org jana.@x.org', ['jana@x.org']],
    [`${'a'.repeat(65)}@x.org`, []],
    ['a@b.cc@d.ee @jana@host.org', []],
    [String.raw`"Maintainer:\njana@x.org" "\tove@y.net"`, ['jana@x.org', 'ove@y.net']],
    [String.raw`{"a":"Jana \u003cjana@x.org\u003e \x3cove@y.net"}`, ['jana@x.org', 'ove@y.net']],
    [String.raw`"\\njana@x.org"`, ['jana@x.org']],
    ['# 联系jana@x.org谢谢', ['jana@x.org']],
    ['メールはjana@x.orgまで', ['jana@x.org']],
    ['用户@例子.广告', ['用户@例子.广告']],
  ])('%s', (text, expected) => {
    expect(values(text, ['EMAIL'])).toEqual(expected);
  });
});

describe('IP addresses', () => {
  test.each([
    ['connect("84.17.33.201:8080")', ['84.17.33.201']],
    ['http://84.17.33.201/ and 84.17.33.201.', ['84.17.33.201', '84.17.33.201']],
    ['v84.17.33.201 84.17.33.201.5 84.17.33.201-rc 284.17.33.201 84.17.033.201', []],
    ['1.2.3.4', []],
    ['dns = 8.8.8.8', ['8.8.8.8']],
    [`server${' '.repeat(94)}1.2.3.4`, ['1.2.3.4']],
    [`server${' '.repeat(95)}1.2.3.4`, []],
    ['21.11.26.10', []],
    ['2001:db8::8a2e:370:7334, fe80::1.', ['2001:db8::8a2e:370:7334', 'fe80::1']],
    ['http://[2606:4700::1111]:80', ['2606:4700::1111']],
    [String.raw`"hosts:\n84.17.33.201\n"`, ['84.17.33.201']],
    [String.raw`"\u003c2606:4700::1111\u003e"`, ['2606:4700::1111']],
    ['# 服务器地址84.17.33.201的端口', ['84.17.33.201']],
    ['x[1::2] x[100::2] std::dec dead::beef 12:30:45 00:1a:2b:3c:4d:5e', []],
  ])('%s', (text, expected) => {
    expect(values(text, ['IP_ADDRESS'])).toEqual(expected);
  });
});

describe('keys', () => {
  test('are reported whole, with the name of their rule and the offsets of every occurrence', () => {
    const text = `é const a = "${GITHUB}";\nuse(${GITHUB}) // ${AWS}`;
    expect(scanSecrets(text)).toEqual([
      { tag: 'KEY', type: 'GitHub Token', value: GITHUB, start: 13, end: 53 },
      { tag: 'KEY', type: 'GitHub Token', value: GITHUB, start: 60, end: 100 },
      { tag: 'KEY', type: 'AWS Access Key', value: AWS, start: 105, end: 125 },
    ]);
  });

  test('a quoted key is named by its own rule, not by its randomness', () => {
    expect(scanSecrets(`'${GITHUB}'`).map(({ type }) => type)).toEqual(['GitHub Token']);
  });

  const line = `key = "${HEX40}"`;
  const padding = 'x = 1\n'.repeat(120);
  test.each([
    ['quoted hexadecimal', line, true],
    ['without quotes', `key = ${HEX40}`, false],
    ['a line about hashes', `${padding}key = md5("${HEX40}")`, false],
    ['a hash announced after the value', `${padding}key = "${HEX40}" # bytes`, false],
    ['hashes elsewhere, rarely', `${padding}# hash\n${line}`, true],
    ['a file about hashes', `hash = 1\n${line}`, false],
    ['a key of its own form in a file about hashes', `hash = 1\nk = "${GITHUB}"`, true],
    ['a key of its own form on a line about hashes', `shared_token = "${GITHUB}"`, true],
    ['an id', `row_id = "${HEX40}"`, false],
    ['a UUID', 'key = "5bd4cfb2-9d8c-4dbd-8c4a-6fbd9e8cdb1f"', false],
    ['a sequence', 'key = "0123456789ABCDEF"', false],
    ['a number', 'key = "90817263548172635490817263549"', false],
    ['words', 'name = "applicationConfigurationManagerForQuickJumpsVBZ"', false],
  ])('%s', (_, text, found) => {
    expect(values(text, ['KEY']).length > 0).toBe(found);
  });
});

describe('formats, at random', () => {
  const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const DIGITS = '0123456789';
  const LOWER = UPPER.toLowerCase();
  const ALL = UPPER + LOWER + DIGITS;
  const URL_SAFE = `${ALL}-_`;
  const HEX = `${DIGITS}abcdef`;
  const random = new Random(11);
  const some = (count: number, alphabet: string): string =>
    Array.from({ length: count }, () => random.pick([...alphabet])).join('');
  const header = Buffer.from('{"alg":"dir","enc":"A128CBC-HS256"}').toString('base64url');

  const FORMATS: Readonly<Record<string, readonly [type: string, make: () => string]>> = {
    'OpenAI project': ['OpenAI Token', () => `sk-proj-${some(74, URL_SAFE)}T3BlbkFJ${some(74, URL_SAFE)}`],
    'OpenAI, without the middle': ['OpenAI Token', () => `sk-proj-${some(48, ALL)}`],
    Anthropic: ['Anthropic Token', () => `sk-ant-api03-${some(93, URL_SAFE)}AA`],
    Google: ['Google API Key', () => `AIza${some(35, ALL)}`],
    'Stripe of 2023': ['Stripe Access Key', () => `sk_live_51${some(97, ALL)}`],
    'GitLab, routable': ['GitLab Token', () => `glpat-${some(27, URL_SAFE)}.01.${some(9, LOWER + DIGITS)}`],
    'GitHub, classic': ['GitHub Token', () => `ghp_${some(36, ALL)}`],
    'GitHub, fine-grained': ['GitHub Token', () => `github_pat_${some(22, ALL)}_${some(59, ALL)}`],
    'GitHub, signed': [
      'GitHub Token',
      () => `ghs_123456_eyJ${some(30, ALL)}.eyJ${some(100, ALL)}.${some(86, ALL)}`,
    ],
    'Discord of 2022': ['Discord Bot Token', () => `MT${some(24, ALL)}.${some(6, ALL)}.${some(38, ALL)}`],
    'Slack, user': ['Slack Token', () => `xoxp-${some(12, DIGITS)}-${some(12, DIGITS)}-${some(32, HEX)}`],
    'Slack, rotated': ['Slack Token', () => `xoxe.xoxp-1-${some(160, ALL)}`],
    'npm by UUID': [
      'NPM tokens',
      () => `${some(8, HEX)}-${some(4, HEX)}-${some(4, HEX)}-${some(4, HEX)}-${some(12, HEX)}`,
    ],
    Mailchimp: ['Mailchimp Access Key', () => `${some(32, HEX)}-us12`],
    Twilio: ['Twilio API Key', () => `AC${some(32, HEX)}`],
    AWS: ['AWS Access Key', () => `AKIA${some(16, `${UPPER}234567`)}`],
    'encrypted JWT': [
      'JSON Web Token',
      () => `${header}..${some(22, ALL)}.${some(60, ALL)}.${some(22, ALL)}`,
    ],
    'private key': ['Private Key', () => `MII${some(60, ALL)}\n${some(64, ALL)}`],
  };
  const context = (name: string, key: string): readonly string[] => {
    if (name === 'npm by UUID') return [`//registry.npmjs.org/:_authToken=${key}\n`];
    if (name === 'private key')
      return [`-----BEGIN RSA PRIVATE KEY-----\n${key}\n-----END RSA PRIVATE KEY-----\n`];
    return [`KEY=${key}\n`, `k = "${key}"\n`, `k = "${key}\\n"`, `{\\"k\\": \\"${key}\\"}`, `键${key}密`];
  };

  test.each(Object.entries(FORMATS))('%s: the whole key, by the name of its form', (name, [type, make]) => {
    for (let round = 0; round < 40; round++) {
      const key = make();
      for (const text of context(name, key)) {
        const found = scanSecrets(`a = 1\n${text}b = 2`).map(({ type, value }) => [type, value]);
        // A bot token of three random parts may read as words, once in a hundred.
        if (name.startsWith('Discord') && found.length === 0) continue;
        expect([text, found]).toEqual([text, [[type, key]]]);
      }
    }
  });
});

describe('passwords, at their places only', () => {
  test.each([
    ['db = "postgres://admin:S3cr3tP4ss@db.intern.net:5432/app"', ['S3cr3tP4ss']],
    ['redis://:pa55w%40rd@10.0.0.1 and the word pa55w%40rd', ['pa55w%40rd']],
    [`https://user:password@host.org ftp://u:\${PASS}@h http://a:<pass>@b https://x.org:80/@y`, []],
    ['password = "hunter2-Secret!9x"', ['hunter2-Secret!9x']],
    [`{"db_password": 'aB3$efgh', "n": 1}`, ['aB3$efgh']],
    ['password: "password1" passwd := "abc" PWD => "a1b2c3"', ['password1', 'a1b2c3']],
    ['password = "required" password = "{{ p1 }}" password = "$PASS1234" pwd = "f(12345)"', []],
    ['pass a: "admin" // postgres://admin:admin1@h', ['admin1']],
    ['user:admin12@h postgres://admin12:admin12@h', ['admin12']],
  ])('%s', (text, expected) => {
    const found = scanSecrets(text, { tags: ['KEY'] });
    expect(found.map(({ value }) => value)).toEqual(expected);
    for (const { value, start, end } of found) expect(text.slice(start, end)).toBe(value);
  });

  test('the password of a URL, not the user of the same name', () => {
    const text = 'postgres://admin12:admin12@h';
    expect(scanSecrets(text).map(({ start }) => start)).toEqual([19]);
  });
});

test('overlapping finds leave the longest, and no two records overlap', () => {
  const text = `url = "https://hooks.slack.com/services/T${'0QZK7VXQ2'}/B${'1XQW9KZJ5'}/${'kqZ8xVbW3jRtYpLmN5cXvQzK'}"`;
  expect(scanSecrets(text).map(({ type, start, end }) => [type, text.slice(start, end)])).toEqual([
    ['Slack Token', text.slice(7, -1)],
  ]);
});

test('every occurrence, in order, without overlaps, on random mixtures', () => {
  const random = new Random(7);
  const pieces = [
    GITHUB,
    AWS,
    'jana@nordwind.invalid',
    '84.17.33.201',
    `"${HEX40}"`,
    ' = ',
    '\n',
    'x',
    '.',
    ' ',
    '@',
  ];
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 30 }, () => random.pick(pieces)).join('');
    const secrets = scanSecrets(text);
    let end = 0;
    for (const secret of secrets) {
      expect(text.slice(secret.start, secret.end)).toBe(secret.value);
      expect(secret.start).toBeGreaterThanOrEqual(end);
      end = secret.end;
    }
    for (const value of new Set(secrets.filter(({ tag }) => tag === 'KEY').map((secret) => secret.value))) {
      for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length)) {
        // Where it is part of a longer secret, such as an address that begins with a key, that one stands.
        const covers = secrets.filter(({ start, end }) => start < at + value.length && end > at);
        expect(covers.some(({ start, end }) => end - start >= value.length)).toBe(true);
      }
    }
  }
});

describe('a megabyte of hostile text takes linear time: the runs end inside the time limit', () => {
  const SIZE = 1_000_000;
  const fill = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);
  const random = new Random(3);
  const digits = (count: number): string =>
    Array.from({ length: count }, () => random.integer(16).toString(16)).join('');
  test.each([
    ['dots', fill('a.')],
    ['at signs', fill('@')],
    ['local parts', fill('a.b@')],
    ['domains', `a@${fill('b.')}`],
    ['JWT starts', fill('eyJ')],
    ['JWT starts with =', fill('=eyJ')],
    ['OpenAI starts', `T3BlbkFJ ${fill('sk-')}`],
    ['signed GitHub tokens', fill('ghs_1_eyJ')],
    ['parts of signed GitHub tokens', fill('ghs_1_eyJa.eyJ')],
    ['new OpenAI starts', fill('sk-proj-')],
    ['private keys without an end', fill('-----BEGIN PRIVATE KEY-----a')],
    ['a private key of spaces', `-----BEGIN PRIVATE KEY-----${fill(' ')}`],
    ['escapes', fill('"\\\\')],
    ['a word without spaces', fill('联a@')],
    ['OpenAI bodies', `T3BlbkFJ ${fill(`sk-${'a'.repeat(150)}`)}`],
    ['spaces after a name', `key${fill(' ')}`],
    ['names and spaces', fill(`key${' '.repeat(300)}`)],
    ['names', fill('"ibm_cloud_iam_api_key')],
    ['npm lines', fill('//:_authToken=')],
    ['quotes', fill('"')],
    ['one quote', `"${fill('aB3')}`],
    ['colons', fill('a:')],
    ['double colons', fill('::')],
    ['colons and digits', fill('a:b:')],
    ['dots as in a bot token', fill(`a.aaaaaa.${'a'.repeat(27)}`)],
    ['names and signs', fill('pass pass="')],
    ['Mailchimp', fill(`${'a'.repeat(32)}-us1`)],
    ['Anthropic starts', fill('sk-ant-')],
    ['GitHub starts', fill('ghp_')],
    ['ids', fill('user_id="')],
    ['URLs', fill('://')],
    ['URLs with colons', fill('://a:')],
    ['passwords', fill('password="')],
    ['numbers', fill('1.')],
    ['digits', fill('12')],
    ['PyPI starts', fill('pypi-AgEIcHlwaS5vcmc')],
    ['Slack starts', fill('xoxb-1-')],
    ['GitLab starts', fill('glagent-')],
    ['AWS', fill('aws key ')],
    ['Artifactory', fill('AKCa')],
    ['Twilio', fill('AC')],
    ['letters', fill('a')],
    ['many values on one line', Array.from({ length: 25_000 }, () => `"${digits(38)}"`).join('')],
    [
      'many values of hash length on one line',
      Array.from({ length: 25_000 }, () => `"${digits(40)}"`).join(''),
    ],
    ['many addresses', Array.from({ length: 60_000 }, (_, i) => `a${i}@x.org `).join('')],
  ])(
    '%s',
    (_, text) => {
      expect(scanSecrets(text)).toBeInstanceOf(Array);
    },
    10_000,
  );
});
