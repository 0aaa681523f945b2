/** Seeded damage to good files, for the tests that nothing but a refusal comes of it. */
import type { Random } from '../../lib/random.js';

export type Mutation = (bytes: Buffer, random: Random) => Buffer;

const BOUNDARIES = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const JSON_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  2 ** 53,
  '',
  'F16',
  'I64',
  'constructor',
  '../x',
  [],
  [0],
  [-1, 4],
  [2 ** 52, 2 ** 52],
  [0, 2 ** 53],
  {},
  { __proto__: null },
];

/** Replaces, removes or doubles something at random in a JSON value. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.2) return random.pick(JSON_VALUES);
  const keys = Object.keys(value);
  if (keys.length === 0) return random.pick(JSON_VALUES);
  const key = random.pick(keys);
  const inner = (value as Record<string, unknown>)[key];
  if (Array.isArray(value))
    return value.map((item, i) => (String(i) === key ? mutateJson(item, random) : item));
  if (random.next() < 0.1)
    return Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
  if (random.next() < 0.1)
    return { ...value, [random.pick(['__proto__', '', 'x\n', '__metadata__'])]: inner };
  return { ...value, [key]: mutateJson(inner, random) };
}

/** Damage that leaves the JSON of a safetensors header or an index well-formed. */
export function damageJson(bytes: Buffer, random: Random): Buffer {
  const indexed = bytes[0] === 0x7b;
  const headerEnd = indexed ? bytes.length : 8 + bytes.readUInt32LE();
  const value: unknown = JSON.parse(bytes.toString('utf8', indexed ? 0 : 8, headerEnd));
  const changed = Buffer.from(JSON.stringify(mutateJson(value, random)));
  if (indexed) return changed;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([length, changed, bytes.subarray(headerEnd)]);
}

/** Damage to the bytes of any file. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flipped bytes': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let i = random.integer(8); i >= 0; i--) out[random.integer(out.length)] = random.integer(256);
    return out;
  },
  truncation: (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  'a missing start': (bytes, random) => bytes.subarray(random.integer(bytes.length)),
  'a repeated piece': (bytes, random) => {
    const [begin, size, to] = [
      random.integer(bytes.length),
      random.integer(200),
      random.integer(bytes.length),
    ];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(begin, begin + size), bytes.subarray(to)]);
  },
  'a moved piece': (bytes, random) => {
    const out = Buffer.from(bytes);
    bytes.copy(out, random.integer(out.length), random.integer(out.length), random.integer(out.length));
    return out;
  },
  'numbers at the limit': (bytes, random) => {
    const out = Buffer.from(bytes);
    const size = random.pick([1, 2, 4, 8]);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(random.pick(BOUNDARIES));
    // The ends are where lengths and directories are.
    const place = random.integer(Math.min(out.length, 400));
    number.copy(out, random.next() < 0.5 ? place : out.length - 1 - place, 0, size);
    return out;
  },
};
