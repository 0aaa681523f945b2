import { expect, test } from 'vitest';
import { InputError } from '../../../lib/errors.js';
import { type PickleRules, type PickleValue, Tuple, unpickle } from '../../../lib/model/weights/pickle.js';

const rules: PickleRules = {
  global: (module, name) =>
    module === 'collections' && name === 'OrderedDict' ? { name, call: () => new Map() } : undefined,
  persistent: (id) => ({ persistent: id }),
};

type Part = string | number | Buffer;

/** The bytes of strings (latin1) and numbers (one byte each) after the header of protocol 2. */
function pickle(...parts: readonly Part[]): Buffer {
  const bytes = parts.map((part) =>
    typeof part === 'string'
      ? Buffer.from(part, 'latin1')
      : typeof part === 'number'
        ? Buffer.from([part])
        : part,
  );
  return Buffer.concat([Buffer.from([0x80, 2]), ...bytes]);
}

const read = (...parts: readonly Part[]): PickleValue => unpickle(pickle(...parts), rules, 'x.pkl');

test.each<[string, readonly Part[], PickleValue]>([
  ['None', ['N.'], null],
  ['booleans', ['\x88\x89\x86.'], new Tuple([true, false])],
  ['a byte', ['K', 255, '.'], 255],
  ['two bytes', ['M', 1, 2, '.'], 513],
  ['a negative number', ['J', 0xfe, 0xff, 0xff, 0xff, '.'], -2],
  ['zero in no bytes', ['\x8a', 0, '.'], 0],
  ['a long', ['\x8a', 5, 0, 0, 0, 0, 1, '.'], 2 ** 32],
  ['a negative long', ['\x8a', 1, 0xff, '.'], -1],
  ['a long beyond a double', ['\x8a', 8, 1, 0, 0, 0, 0, 0, 0, 0x40, '.'], 2n ** 62n + 1n],
  ['a float', ['G', 0x40, 0x04, 0, 0, 0, 0, 0, 0, '.'], 2.5],
  ['text', ['X', 4, 0, 0, 0, '\xc3\xa9a\n', '.'], 'éa\n'],
  ['text that begins with a byte order mark', ['X', 3, 0, 0, 0, '\xef\xbb\xbf', '.'], '\ufeff'],
  ['a list', [']K', 1, 'a(K', 2, 'K', 3, 'e.'], [1, 2, 3]],
  [
    'a dictionary',
    ['}K', 1, 'Ns(K', 2, '\x88u.'],
    new Map<PickleValue, PickleValue>([
      [1, null],
      [2, true],
    ]),
  ],
  ['tuples', [')N\x85(NNt\x87.'], new Tuple([new Tuple([]), new Tuple([null]), new Tuple([null, null])])],
  ['a persistent id', ['K', 7, 'Q.'], { persistent: 7 }],
  ['a known global, called', ['ccollections\nOrderedDict\n)R.'], new Map()],
  ['attributes, which are dropped', ['}}(X', 1, 0, 0, 0, 'a', 'Nub.'], new Map()],
])('reads %s', (_what, parts, value) => {
  expect(read(...parts)).toEqual(value);
});

test('remembers values, and so makes the same object of them', () => {
  const list = read('(]q', 9, 'h', 9, 'h', 9, 'e.'.replace('e', 't')) as Tuple;
  expect(list.items).toHaveLength(3);
  expect(list.items[1]).toBe(list.items[0]);
  const cyclic = read(']r', 0, 1, 0, 0, 'j', 0, 1, 0, 0, 'a.') as PickleValue[];
  expect(cyclic[0]).toBe(cyclic);
});

const times = (count: number, opcode: string) => Buffer.from(opcode.repeat(count), 'latin1');

test.each<[string, readonly Part[], string]>([
  [
    'an unknown global',
    ['cposix\nsystem\n.'],
    'only tensors and dictionaries in x.pkl but found the global posix.system',
  ],
  ['a global with control characters', ['ca\u001b[2J\nb\n.'], 'the global a?[2J.b'],
  ['a global without an end', ['cposix'], 'the end of the name of a global'],
  ['a call of what is no global', ['N)R.'], 'a call of something else'],
  ['a call without a tuple', ['ccollections\nOrderedDict\nNR.'], 'a call of something else'],
  ['a nested call', ['ccollections\nOrderedDict\n)R)R.'], 'a call of something else'],
  ['INST', ['(ios\nsystem\n.'], 'found opcode 0x69 at byte 3'],
  ['OBJ', ['(No.'], 'found opcode 0x6f'],
  ['NEWOBJ', ['N)\x81.'], 'found opcode 0x81'],
  ['EXT1', ['\x82', 1, '.'], 'found opcode 0x82'],
  ['STACK_GLOBAL', ['NN\x93.'], 'found opcode 0x93'],
  ['nothing', [], 'its end after 2 bytes'],
  ['an end within a number', ['J', 1], 'its end after 4 bytes'],
  ['a string beyond the end', ['X', 9, 0, 0, 0, 'a.'], 'a whole pickle'],
  ['a string of 4 GB', ['X\xff\xff\xff\xff.'], 'at most 1000000 bytes'],
  ['an integer of 255 bytes', ['\x8a\xff.'], 'at most 8 bytes'],
  ['bytes that are no UTF-8', ['X', 1, 0, 0, 0, '\xff.'], 'text in UTF-8'],
  ['an empty stack at the end', ['.'], '1 values on the stack'],
  ['values below a mark', ['K', 1, '(\x85.'], '1 values on the stack'],
  ['no mark', ['t.'], 'a mark on the stack'],
  ['nothing to remember', ['q', 0, '.'], 'a value to remember'],
  ['nothing remembered', ['h', 3, '.'], 'a remembered value 3'],
  ['appending to no list', ['}Na.'], 'a list to append to'],
  ['items for no dictionary', [']NNs.'], 'a dictionary and pairs'],
  ['half an item', ['}(NNNu.'], 'a dictionary and pairs'],
  ['attributes of a list', [']}b.'], 'attributes on something else'],
  ['a stack of a million', [times(1_000_000, 'N'), '.'], 'at most 100000 values on the stack'],
  ['a million marks', [times(1_000_000, '('), '.'], 'at most 100000 values on the stack'],
  ['opcodes without end', ['N', times(10_000_000, '\x85'), '.'], 'at most 10000000 opcodes'],
])('refuses %s', (_what, parts, sentence) => {
  expect(() => read(...parts)).toThrow(InputError);
  expect(() => read(...parts)).toThrow(sentence);
});

test('another protocol is refused', () => {
  expect(() => unpickle(Buffer.from([0x80, 4, 0x4e, 0x2e]), rules, 'x.pkl')).toThrow('protocol 2');
  expect(() => unpickle(Buffer.from('N.'), rules, 'x.pkl')).toThrow('protocol 2');
});

test('tuples nested a hundred thousand deep do no harm', () => {
  let value = read('N', times(100_000, '\x85'), '.');
  let depth = 0;
  for (; value instanceof Tuple; depth++) value = value.items[0]!;
  expect(depth).toBe(100_000);
});
