/** A writer of small zip archives, also of such as nobody should trust: names, modes and checksums are the caller's. */
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly data: string | Buffer;
  /** Unix mode in the high half of the external attributes (default a plain file). */
  readonly mode?: number;
  /** Stated checksum (default the true one). */
  readonly crc?: number;
}

/** Stored, not compressed: PKWARE's APPNOTE 4.3, local headers, then the central directory, then its end. */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const data = Buffer.from(entry.data as string);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(entry.crc ?? crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    // Version made by: Unix (3), so that the mode counts.
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), fields, tail, name);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** The least that counts as libtorch, in a wheel's layout. */
export function fakeWheel(version: string): ZipEntry[] {
  const [major, minor, patch] = version.split('.');
  return [
    { name: 'torch/lib/libc10.so', data: 'c10' },
    { name: 'torch/lib/libtorch_cpu.so', data: 'torch_cpu '.repeat(50_000) },
    { name: 'torch/lib/libtorch_cuda.so', data: 'large and unwanted' },
    { name: 'torch/version.py', data: `__version__ = '${version}+cu130'\n` },
    {
      name: 'torch/include/torch/headeronly/version.h',
      data: `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`,
    },
  ];
}
