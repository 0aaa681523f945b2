import { expect, test } from 'vitest';
import { isHarmlessValue } from '../../lib/secrets/detectors/false-positives.js';
import { filterSecrets } from '../../lib/secrets/filter.js';

test.each([
  ['EMAIL', 'jana@nordwind.invalid', true],
  ['EMAIL', 'jana@example.com', false],
  ['EMAIL', 'latest@nordwind.invalid', false],
  ['EMAIL', 'superuser@nordwind.invalid', false],
  ['EMAIL', 'aaa@nordwind.invalid', false],
  ['EMAIL', 'bbb@nordwind.invalid', false],
  ['EMAIL', 'accc@nordwind.invalid', false],
  ['EMAIL', 'Test@nordwind.invalid', true],
  ['IP_ADDRESS', '84.17.33.201', true],
  ['IP_ADDRESS', '10.1.2.3', false],
  ['IP_ADDRESS', '172.31.0.1', false],
  ['IP_ADDRESS', '172.32.0.1', true],
  ['IP_ADDRESS', '192.168.1.1', false],
  ['IP_ADDRESS', '127.0.0.1', false],
  ['IP_ADDRESS', '169.254.7.7', false],
  ['IP_ADDRESS', '2606:4700::1111', true],
  ['IP_ADDRESS', '::1', false],
  ['IP_ADDRESS', 'fe80::1', false],
  ['IP_ADDRESS', 'fd12::1', false],
  ['IP_ADDRESS', '::ffff:10.0.0.1', false],
  ['IP_ADDRESS', '::ffff:84.17.33.201', true],
  ['KEY', 'kqZ8xVbW3jRtYpLmN5cXvQzK', true],
  ['KEY', 'ghp', false],
  ['KEY', 'ghpkqZ8', true],
  ['KEY', 'kaaaaaaaq', false],
  ['KEY', 'kAAAAAAAq', false],
  ['KEY', 'kxxxxxxxq', false],
  ['KEY', 'kXXXXXXXq', false],
  ['KEY', 'https-kqZ8', false],
  ['KEY', 'https://nordwind.invalid/kqZ8', false],
  ['KEY', 'https://hooks.slack.com/services/T0KQZ8/B1VBW3/jRtYpLmN5cXvQzK', true],
  ['KEY', 'https://hooks.slack.com/services/Txxxxxxx/Bxxxxxxx/xxxxxxx', false],
  ['KEY', 'dummyKqZ8', false],
  ['KEY', 'placeholderKqZ8', false],
  ['KEY', 'changemeKqZ8', false],
  ['LICENCE', 'https', true],
  ['constructor', '127.0.0.1', true],
] as const)('%s %s stays: %s', (tag, value, stays) => {
  expect(filterSecrets([{ tag, value }])).toEqual(stays ? [{ tag, value }] : []);
});

test.each([
  ['kqZ8xVbW3jRtYpLmN5cXvQzK', false],
  ['{kqZ8xVbW3jRtYpLmN5cXvQzK}', true],
  [`$${'{kqZ8xVbW3jRtYpLmN5cXvQzK}'}`, true],
  ['<kqZ8xVbW3jRtYpLmN5cXvQzK>', true],
  ['{kqZ8xVbW3jRtYpLmN5cXvQzK', false],
  ['k', true],
  ['STUVWXYZ0123', true],
  ['stuvwxyz0123', true],
  ['1234-5678', true],
  ['getElementByTheNameOfTheParent', true],
])('%s is harmless: %s', (value, harmless) => {
  expect(isHarmlessValue(value)).toBe(harmless);
});
