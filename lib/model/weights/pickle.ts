/**
 * A reader for the part of Python's pickle format, protocol 2, that state dicts are made of. It runs nothing: a global
 * is a name that the caller's rules either know or refuse, and REDUCE asks those rules what the call would have made.
 * The input comes from strangers, so every size in it is bounded before it costs anything.
 */
import type { InputError } from '../../errors.js';
import { printable } from '../printable.js';
import { PickleInput, pickleError } from './pickle-input.js';

/** Python's tuple; a list is an array and a dict a Map. */
export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A global that the rules know. */
export interface PickleGlobal {
  readonly name: string;
  /** What calling it makes; absent if it is only ever named. */
  readonly call?: (args: readonly PickleValue[]) => PickleValue;
}

/** `object` stands for globals and for what the rules make. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tuple
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | object;

export interface PickleRules {
  /** The meaning of a global; undefined refuses the file. */
  readonly global: (module: string, name: string) => PickleGlobal | undefined;
  /** The meaning of a persistent id. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/** A state dict takes some 30 opcodes a tensor; the largest published ones have some 100 000 tensors. */
const MAX_OPCODES = 10_000_000;
/** The pickler sends a dict's items in batches of 1000, so an honest stack stays below a few thousand. */
const MAX_STACK = 100_000;
/** Some ten a tensor. */
const MAX_MEMO = 4_000_000;

/**
 * Interprets `bytes`; `source` names them in messages.
 *
 * @throws InputError `ERR_MODEL_FORMAT` for a global that the rules refuse, an opcode that state dicts do not use,
 * bounds exceeded, and input that is cut short or makes no sense
 */
export function unpickle(bytes: Uint8Array, rules: PickleRules, source: string): PickleValue {
  return new Unpickler(bytes, rules, source).run();
}

class Unpickler {
  readonly #input: PickleInput;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(
    bytes: Uint8Array,
    readonly rules: PickleRules,
    readonly source: string,
  ) {
    this.#input = new PickleInput(bytes, source);
  }

  run(): PickleValue {
    if (this.#input.byte() !== 0x80 || this.#input.byte() !== 2)
      throw this.#broken('a pickle of protocol 2', 'something else');
    for (let count = 0; count < MAX_OPCODES; count++) {
      const opcode = this.#input.byte();
      if (opcode === 0x2e) return this.#pop(); // STOP
      this.#step(opcode);
      if (this.#stack.length > MAX_STACK || this.#marks.length > MAX_STACK)
        throw this.#broken(`at most ${MAX_STACK} values on the stack`, 'more');
    }
    throw this.#broken(`at most ${MAX_OPCODES} opcodes`, 'more');
  }

  #step(opcode: number): void {
    switch (opcode) {
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x4e: // NONE
        this.#stack.push(null);
        return;
      case 0x88: // NEWTRUE
        this.#stack.push(true);
        return;
      case 0x89: // NEWFALSE
        this.#stack.push(false);
        return;
      case 0x4b: // BININT1
        this.#stack.push(this.#input.byte());
        return;
      case 0x4d: // BININT2
        this.#stack.push(this.#input.uint16());
        return;
      case 0x4a: // BININT
        this.#stack.push(this.#input.int32());
        return;
      case 0x8a: // LONG1
        this.#stack.push(this.#input.long());
        return;
      case 0x47: // BINFLOAT
        this.#stack.push(this.#input.float64());
        return;
      case 0x58: // BINUNICODE
        this.#stack.push(this.#input.string());
        return;
      case 0x5d: // EMPTY_LIST
        this.#stack.push([]);
        return;
      case 0x7d: // EMPTY_DICT
        this.#stack.push(new Map());
        return;
      case 0x29: // EMPTY_TUPLE
        this.#stack.push(new Tuple([]));
        return;
      case 0x74: // TUPLE
        this.#stack.push(new Tuple(this.#popToMark()));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(new Tuple(this.#popMany(opcode - 0x84)));
        return;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        return;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        return;
      case 0x71: // BINPUT
        this.#remember(this.#input.byte());
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#input.uint32());
        return;
      case 0x68: // BINGET
        this.#recall(this.#input.byte());
        return;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#input.uint32());
        return;
      case 0x63: // GLOBAL
        this.#stack.push(this.#global());
        return;
      case 0x51: // BINPERSID
        this.#stack.push(this.rules.persistent(this.#pop()));
        return;
      case 0x52: // REDUCE
        this.#reduce();
        return;
      case 0x62: // BUILD
        this.#build();
        return;
      default: {
        const name = `opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${this.#input.position - 1}`;
        throw this.#broken('only the pickle opcodes of a state dict', name);
      }
    }
  }

  #global(): PickleGlobal {
    const module = this.#input.line();
    const name = this.#input.line();
    const known = this.rules.global(module, name);
    if (known === undefined)
      throw this.#broken('only tensors and dictionaries', `the global ${printable(`${module}.${name}`)}`);
    return known;
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop() as Partial<PickleGlobal> | null;
    if (!(args instanceof Tuple) || typeof callee?.call !== 'function')
      throw this.#broken('a call of a known global', 'a call of something else');
    this.#stack.push(callee.call(args.items));
  }

  /** Attributes of a dict, such as the `_metadata` of a state dict: they are no data, and are dropped. */
  #build(): void {
    const state = this.#pop();
    if (!(state instanceof Map) || !(this.#stack.at(-1) instanceof Map))
      throw this.#broken('attributes on a dictionary only', 'attributes on something else');
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw this.#broken('a list to append to', 'something else');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof Map) || items.length % 2 !== 0)
      throw this.#broken('a dictionary and pairs to put into it', 'something else');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  }

  #remember(key: number): void {
    const top = this.#stack.at(-1);
    if (top === undefined) throw this.#broken('a value to remember', 'an empty stack');
    this.#memo.set(key, top);
    if (this.#memo.size > MAX_MEMO) throw this.#broken(`at most ${MAX_MEMO} remembered values`, 'more');
  }

  #recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#broken(`a remembered value ${key}`, 'none');
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    return this.#popMany(1)[0]!;
  }

  #popMany(count: number): PickleValue[] {
    // What lies below the last mark belongs to whoever set it.
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count)
      throw this.#broken(`${count} values on the stack`, 'fewer');
    return this.#stack.splice(this.#stack.length - count);
  }

  #popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#broken('a mark on the stack', 'none');
    return this.#stack.splice(mark);
  }

  #broken(expected: string, found: string): InputError {
    return pickleError(this.source, expected, found);
  }
}
