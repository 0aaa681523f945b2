/**
 * The outline of Thrift's compact protocol, in which footers and page headers stand, walked before hyparquet builds
 * objects of it: it makes room for as many entries as a list claims, and numbers without end take it hours.
 */
const MAX_DEPTH = 32;
const MAX_VARINT_BYTES = 10;

/** @throws Error unless a struct lies in `bytes` */
export function checkThrift(bytes: Uint8Array): void {
  let at = 0;
  const skip = (size: number): void => {
    at += size;
    if (at > bytes.length) throw new Error('its metadata is cut short');
  };
  const byte = (): number => {
    skip(1);
    return bytes[at - 1]!;
  };
  const number = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const part = byte();
      value += (part & 0x7f) * 2 ** (7 * i);
      if (part < 0x80) return value;
    }
    throw new Error('a number of its metadata is longer than 64 bits');
  };
  const struct = (depth: number): void => {
    if (depth > MAX_DEPTH) throw new Error(`its metadata is nested more than ${MAX_DEPTH} deep`);
    for (let field = byte(); (field & 15) !== 0; field = byte()) {
      if (field >> 4 === 0) number();
      value(field & 15, depth);
    }
  };
  const list = (depth: number): void => {
    if (depth > MAX_DEPTH) throw new Error(`its metadata is nested more than ${MAX_DEPTH} deep`);
    const head = byte();
    const size = head >> 4 === 15 ? number() : head >> 4;
    // None of the types takes less than a byte.
    if (size > bytes.length - at) throw new Error('its metadata is cut short');
    const type = head & 15;
    for (let i = 0; i < size; i++) value(type <= 2 ? 3 : type, depth);
  };
  const value = (type: number, depth: number): void => {
    if (type === 3) skip(1);
    else if (type >= 4 && type <= 6) number();
    else if (type === 7) skip(8);
    else if (type === 8) skip(number());
    else if (type === 9) list(depth + 1);
    else if (type === 12) struct(depth + 1);
    else if (type > 2) throw new Error(`its metadata has a value of type ${type}`);
  };
  struct(0);
}
