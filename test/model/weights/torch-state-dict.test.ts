import { access, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { InputError } from '../../../lib/errors.js';
import { readTorchStateDict } from '../../../lib/model/weights/torch-state-dict.js';

const folder = fileURLToPath(new URL('../../fixtures/checkpoints/bad/', import.meta.url));
const pickleOf = (name: string) => `the pickle of ${folder}${name}.bin`;

test.each<[string, string]>([
  ['system', 'only tensors and dictionaries in # but found the global posix.system.'],
  ['eval', 'only tensors and dictionaries in # but found the global __builtin__.eval.'],
  ['prototype', 'only tensors and dictionaries in # but found the global __proto__.constructor.'],
  ['inherited', 'only tensors and dictionaries in # but found the global torch.constructor.'],
  ['quantized', 'only tensors and dictionaries in # but found the global torch.QInt8Storage.'],
  ['instruction', 'only the pickle opcodes of a state dict in # but found opcode 0x69 at byte 3.'],
  ['opcode', 'only the pickle opcodes of a state dict in # but found opcode 0xff at byte 2.'],
  ['protocol-4', 'a pickle of protocol 2 in # but found something else.'],
  ['unfinished', 'a whole pickle in # but found its end after 144 bytes.'],
  ['empty', 'a whole pickle in # but found its end after 0 bytes.'],
  ['underflow', '1 values on the stack in # but found fewer.'],
  ['no-mark', 'a mark on the stack in # but found none.'],
  ['memo', 'a remembered value 4294967295 in # but found none.'],
  ['string', 'strings of at most 1000000 bytes in # but found one of 4294967295.'],
  ['encoding', 'text in UTF-8 in # but found other bytes.'],
  ['list', 'a dictionary of tensors in # but found something else.'],
  ['number', 'a tensor under a in # but found something else.'],
  ['number-key', 'names of tensors as keys in # but found a key that is no string.'],
  ['called-type', 'a call of a known global in # but found a call of something else.'],
  ['attributes', 'attributes on a dictionary only in # but found attributes on something else.'],
  ['negative-length', 'a type, a key and a length for a storage in # but found something else.'],
  ['claimed-2-to-62', 'a type, a key and a length for a storage in # but found something else.'],
  ['negative-offset', 'a storage and an offset for a tensor in # but found something else.'],
  ['float-shape', 'a tuple of at most 8 sizes in # but found something else.'],
  ['ranks', 'as many strides as sizes for a tensor in # but found something else.'],
  ['negated', 'tensors without metadata in # but found some with it.'],
  ['key-path', 'a number for the record of a storage in # but found ../../../../etc/passwd.'],
  ['claimed-10-gb', '10000000000 bytes in record data/0 of tensor a in * but found 16.'],
  ['key-missing', 'record data/7 of tensor a in * but found none.'],
  ['beyond', 'tensor a within 4 elements in * but found 4 of it from 1.'],
])('refuses %s', async (name, sentence) => {
  const message = sentence.replace('#', pickleOf(name)).replace('*', `${folder}${name}.bin`);
  await expect(readTorchStateDict(`${folder}${name}.bin`)).rejects.toMatchObject({
    code: 'ERR_MODEL_FORMAT',
    message: `Expected ${message}`,
  });
});

test.each<[string, string]>([
  ['legacy', 'a zip archive in * but found the format of torch before 1.6.'],
  ['big-endian', 'little-endian numbers in * but found the byte order big.'],
  ['transposed', 'the elements of tensor a in order in * but found strides [1, 4] for shape [4, 3].'],
  [
    'large-shape',
    'the elements of tensor a in order in * but found strides [0, 0, 0, 0] for shape [2147483647, 2147483647, 2147483647, 2147483647].',
  ],
  ['expanded', 'the elements of tensor a in order in * but found strides [0] for shape [2147483647].'],
])('does not support %s, and says what to do', async (name, sentence) => {
  const error = await readTorchStateDict(`${folder}${name}.bin`).catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    code: 'ERR_MODEL_UNSUPPORTED',
    message: `Expected ${sentence.replace('*', `${folder}${name}.bin`)}`,
  });
  expect((error as InputError).remedy).toMatch(/torch|transformers/);
});

test('every hostile file is refused, and none of them ran anything', async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.bin'));
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) {
    const error = await readTorchStateDict(folder + file).catch((cause: unknown) => cause);
    expect(error, file).toBeInstanceOf(InputError);
    expect((error as InputError).message, file).toMatch(/^Expected [^\n]+\.$/);
  }
  await expect(access('lethe-was-here')).rejects.toThrow('ENOENT');
});
