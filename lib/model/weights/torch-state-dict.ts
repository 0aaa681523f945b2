/**
 * The state dict of a `pytorch_model.bin` as torch.save writes it since release 1.6: a zip archive of one pickle, which
 * says what tensors there are, and of their bytes. Nothing in the pickle is run.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { fileError, InputError } from '../../errors.js';
import { printable } from '../printable.js';
import { type PickleGlobal, type PickleValue, Tuple, unpickle } from './pickle.js';
import { pickleError } from './pickle-input.js';
import { readExactly } from './read-exactly.js';
import { DTYPE_BYTES, requireDisjoint, type StoredTensor } from './safetensors.js';
import { TorchZip, type ZipRecord, zipError } from './torch-zip.js';

/** Some 350 bytes a tensor: a hundred thousand tensors and room to spare. */
const MAX_PICKLE_BYTES = 64_000_000;
const MAX_DIMENSIONS = 8;

/** torch's class of each storage, and the dtype as safetensors spells it. */
const STORAGES: Readonly<Record<string, string>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

class StorageType implements PickleGlobal {
  constructor(
    readonly name: string,
    readonly dtype: string,
  ) {}
}

/** A claim of the pickle's; {@link readTorchStateDict} compares it with the record. */
class Storage {
  constructor(
    readonly dtype: string,
    readonly key: string,
    readonly length: number,
  ) {}
}

class TorchTensor {
  constructor(
    readonly storage: Storage,
    /** In elements, as the strides. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/**
 * Reads which tensors the file at `path` has and where their bytes lie in it.
 *
 * @throws InputError `ERR_MODEL_FORMAT` for a file that is damaged, hostile or no state dict; `ERR_MODEL_UNSUPPORTED`
 * for the format before torch 1.6, big-endian numbers and tensors whose elements do not lie in order
 */
export async function readTorchStateDict(path: string): Promise<StoredTensor[]> {
  const handle = await open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  try {
    await requireZip(path, handle);
    const zip = await TorchZip.open(path, handle);
    const prefix = archivePrefix(path, zip.names);
    await requireLittleEndian(path, zip, prefix);
    const record = (await zip.find(`${prefix}/data.pkl`))!;
    if (record.sizeBytes > MAX_PICKLE_BYTES)
      throw zipError(path, `a data.pkl of at most ${MAX_PICKLE_BYTES} bytes`, `one of ${record.sizeBytes}`);
    const source = `the pickle of ${path}`;
    const tensors = namedTensors(unpickle(await zip.read(record), torchRules(source), source), source);
    return await locate(path, zip, prefix, record, tensors);
  } finally {
    await handle.close();
  }
}

async function requireZip(path: string, handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const start = await readExactly(path, handle, 0, Math.min(size, 14));
  if (start.toString('latin1', 0, 4) === 'PK\x03\x04') return;
  // What torch.save wrote before 1.6 begins with a pickle of this number of 10 bytes.
  if (start.toString('hex') === '80028a0a6cfc9c46f9206aa85019') {
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected a zip archive in ${path} but found the format of torch before 1.6.`,
      {
        remedy:
          'Convert it: torch.save(torch.load("pytorch_model.bin", weights_only=True), "pytorch_model.bin").',
      },
    );
  }
  throw zipError(path, 'a zip archive of torch.save', 'something else');
}

/** Every record lies in one folder, which torch names after the file that it first wrote. */
function archivePrefix(path: string, names: Iterable<string>): string {
  const found = [...names].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (found.length !== 1) throw zipError(path, 'one data.pkl', `${found.length}`);
  return found[0]!.slice(0, -'/data.pkl'.length);
}

async function requireLittleEndian(path: string, zip: TorchZip, prefix: string): Promise<void> {
  const record = await zip.find(`${prefix}/byteorder`);
  // Written since torch 2.1; every machine that wrote without it and that published models was little-endian.
  if (record === undefined) return;
  if (record.sizeBytes > 16) throw zipError(path, 'a byte order', `${record.sizeBytes} bytes of it`);
  const order = (await zip.read(record)).toString('latin1');
  if (order === 'little') return;
  throw new InputError(
    'ERR_MODEL_UNSUPPORTED',
    `Expected little-endian numbers in ${path} but found the byte order ${printable(order)}.`,
    { remedy: 'Load the model with torch and save it as safetensors.' },
  );
}

function torchRules(source: string) {
  const broken = (expected: string, found: string) => pickleError(source, expected, found);
  const isStrings = (items: readonly PickleValue[]) => items.every((item) => typeof item === 'string');
  const sizes = (value: PickleValue | undefined): readonly number[] => {
    const items = value instanceof Tuple ? value.items : [];
    if (!(value instanceof Tuple) || items.length > MAX_DIMENSIONS || !items.every(isIndex))
      throw broken(`a tuple of at most ${MAX_DIMENSIONS} sizes`, 'something else');
    return items;
  };
  const globals = new Map<string, PickleGlobal>();
  const known = (name: string, call: NonNullable<PickleGlobal['call']>) => globals.set(name, { name, call });

  known('collections.OrderedDict', ([items]) => {
    // Old releases write an empty list of pairs.
    if (items !== undefined && !(Array.isArray(items) && items.length === 0))
      throw broken('an OrderedDict that begins empty', 'something else');
    return new Map();
  });
  known('torch.Size', ([items]) => new Tuple(sizes(items)));
  known('torch._utils._rebuild_tensor_v2', ([storage, offset, shape, strides, ...rest]) => {
    if (!(storage instanceof Storage) || !isIndex(offset))
      throw broken('a storage and an offset for a tensor', 'something else');
    // After requires_grad and the hooks comes what else there is to know, such as that all numbers are negated.
    const metadata = rest[2] ?? new Map();
    if (!(metadata instanceof Map) || metadata.size > 0)
      throw broken('tensors without metadata', 'some with it');
    const tensor = new TorchTensor(storage, offset, sizes(shape), sizes(strides));
    if (tensor.shape.length !== tensor.strides.length)
      throw broken('as many strides as sizes for a tensor', 'something else');
    return tensor;
  });
  known('torch._utils._rebuild_parameter', ([tensor]) => {
    if (!(tensor instanceof TorchTensor)) throw broken('a tensor for a parameter', 'something else');
    return tensor;
  });
  for (const [name, dtype] of Object.entries(STORAGES))
    globals.set(`torch.${name}`, new StorageType(name, dtype));

  return {
    global: (module: string, name: string) => globals.get(`${module}.${name}`),
    persistent: (id: PickleValue): PickleValue => {
      const [tag, type, key, location, length, ...rest] = id instanceof Tuple ? id.items : [];
      // Views of storages, which no release writes any more, would come sixth.
      const whole = tag === 'storage' && rest.every((item) => item === null);
      if (!whole || !(type instanceof StorageType) || !isStrings([key!, location!]) || !isIndex(length))
        throw broken('a type, a key and a length for a storage', 'something else');
      if (!/^[0-9]{1,16}$/.test(key as string))
        throw broken('a number for the record of a storage', printable(key as string));
      return new Storage(type.dtype, key as string, length);
    },
  };
}

function isIndex(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function namedTensors(value: PickleValue, source: string): ReadonlyMap<string, TorchTensor> {
  if (!(value instanceof Map)) throw pickleError(source, 'a dictionary of tensors', 'something else');
  const tensors = new Map<string, TorchTensor>();
  for (const [name, tensor] of value as Map<PickleValue, PickleValue>) {
    if (typeof name !== 'string')
      throw pickleError(source, 'names of tensors as keys', 'a key that is no string');
    if (!(tensor instanceof TorchTensor))
      throw pickleError(source, `a tensor under ${printable(name)}`, 'something else');
    tensors.set(name, tensor);
  }
  return tensors;
}

async function locate(
  path: string,
  zip: TorchZip,
  prefix: string,
  pickle: ZipRecord,
  tensors: ReadonlyMap<string, TorchTensor>,
): Promise<StoredTensor[]> {
  const records = new Map<string, ZipRecord | undefined>();
  const located: StoredTensor[] = [];
  for (const [name, { storage, offset, shape, strides }] of tensors) {
    const shown = `tensor ${printable(name)}`;
    if (!records.has(storage.key)) records.set(storage.key, await zip.find(`${prefix}/data/${storage.key}`));
    const record = records.get(storage.key);
    if (record === undefined) throw zipError(path, `record data/${storage.key} of ${shown}`, 'none');
    const bytes = DTYPE_BYTES[storage.dtype]!;
    if (storage.length * bytes > record.sizeBytes) {
      const claimed = `${storage.length * bytes} bytes in record data/${storage.key} of ${shown}`;
      throw zipError(path, claimed, `${record.sizeBytes}`);
    }
    if (!isContiguous(shape, strides)) {
      throw new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected the elements of ${shown} in order in ${path} but found strides [${strides.join(', ')}] for shape [${shape.join(', ')}].`,
        { remedy: 'Load the model with transformers and save it as safetensors.' },
      );
    }
    const length = shape.reduce((product, size) => product * size, 1);
    if (offset + length > storage.length)
      throw zipError(path, `${shown} within ${storage.length} elements`, `${length} of it from ${offset}`);
    located.push({
      name,
      dtype: storage.dtype,
      shape,
      path,
      offset: record.offset + offset * bytes,
      sizeBytes: length * bytes,
    });
  }
  // Tensors may share a storage, but storages no bytes.
  requireDisjoint(path, [pickle, ...records.values()] as ZipRecord[], 'records');
  return located;
}

/** Whether the last index moves fastest and nothing is skipped. Strides of dimensions of one element say nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i]!;
  }
  return true;
}
