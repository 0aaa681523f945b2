import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTorchStateDict } from '../../../lib/model/weights/torch-state-dict.js';

const bad = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/checkpoints/bad/${name}.bin`, import.meta.url));

test.each<[string, string]>([
  ['name-up', 'names within the archive in * but found the record name x/../../evil.'],
  ['name-absolute', 'names within the archive in * but found the record name /etc/evil.'],
  ['name-backslash', 'names within the archive in * but found the record name x\\..\\evil.'],
  ['two-pickles', 'one data.pkl in * but found 2.'],
  ['no-pickle', 'one data.pkl in * but found 0.'],
  ['not-a-model', 'one data.pkl in * but found 0.'],
  ['compressed', 'record x/data.pkl to be stored as it is in * but found it compressed.'],
  ['duplicate', 'every record once in * but found x/data/0 twice.'],
  ['overlapping', 'records that do not overlap in * but found x/data/0 and x/data/1 overlapping.'],
  ['other-header', 'a header of record x/data/0 before its data in * but found something else.'],
  ['header-beyond', 'record x/data/0 within 293 bytes of data in * but found it beyond them.'],
  ['record-size', 'record x/data/0 within 293 bytes of data in * but found 2147483647 bytes of it.'],
  ['zip64-missing', 'sizes of 64 bits in * but found none.'],
  ['name-size', 'a whole zip directory in * but found an entry beyond its end.'],
  ['entry-count', 'a zip directory within 479 bytes in * but found one beyond them.'],
  ['directory-beyond', 'a zip directory within 479 bytes in * but found one beyond them.'],
  ['no-end', 'the end of a zip archive in * but found none; the file may be cut short.'],
])('refuses %s', async (name, sentence) => {
  await expect(readTorchStateDict(bad(name))).rejects.toMatchObject({
    code: 'ERR_MODEL_FORMAT',
    message: `Expected ${sentence.replace('*', bad(name))}`,
  });
});

test('the hostile archives have the marks of zip, so that it is the reader who refuses them', async () => {
  for (const name of ['name-up', 'duplicate', 'no-end'])
    expect((await readFile(bad(name))).toString('latin1', 0, 4)).toBe('PK\x03\x04');
});
