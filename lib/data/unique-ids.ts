/** Ids by which records are told apart: of two with the same one, seeds, results and sets would be mixed up. */
import { InputError } from '../errors.js';
import type { RecordId } from './record-id.js';

/** A Set of V8's holds 2^24 entries at most. */
const SET_ENTRIES = 2 ** 23;

/** The ids of one input. Numbers and strings of the same digits are one id, as they are in a table. */
export class UniqueIds {
  #sets: Set<string>[] = [new Set()];

  /**
   * @param where the record stands, for the message: `data.jsonl line 12`
   * @throws InputError `ERR_FILE_FORMAT` for an id that was there before
   */
  add(id: RecordId, where: string): void {
    const key = String(id);
    if (this.#sets.some((set) => set.has(key)))
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected an id of its own for the record in ${where} but ${JSON.stringify(key)} is that of an earlier one.`,
        { remedy: 'Records without an id are called by their line: leave the ids out, or make them differ.' },
      );
    let last = this.#sets.at(-1)!;
    if (last.size >= SET_ENTRIES) {
      last = new Set();
      this.#sets.push(last);
    }
    last.add(key);
  }
}

/** The records as they come. @throws InputError as {@link UniqueIds.add} */
export async function* requireUniqueIds<T extends { readonly id: RecordId }>(
  records: AsyncIterable<T>,
  path: string,
): AsyncGenerator<T, void> {
  const ids = new UniqueIds();
  let count = 0;
  for await (const record of records) {
    ids.add(record.id, `${path}, record ${++count}`);
    yield record;
  }
}
