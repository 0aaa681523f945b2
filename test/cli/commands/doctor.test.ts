import { expect, test } from 'vitest';
import { formatReport } from '../../../lib/cli/commands/doctor.js';

test('one line a check, the remedy below what is wrong', () => {
  const text = formatReport({
    usable: false,
    checks: [
      { name: 'node', status: 'ok', detail: '20.17.0 on linux-x64' },
      {
        name: 'libtorch',
        status: 'missing',
        detail: 'There is none.',
        remedy: 'Run `lethe libtorch install`.',
      },
    ],
  });
  expect(text.split('\n')).toEqual([
    'ok      node      20.17.0 on linux-x64',
    'MISSING libtorch  There is none.',
    '                  Run `lethe libtorch install`.',
    'Lethe cannot run here yet.',
  ]);
});
