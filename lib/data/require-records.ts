/** An input that holds nothing is a mistake upstream, a failed command before a pipe say: no work on it is done well. */
import { InputError } from '../errors.js';

/**
 * The records as they come, of which there is one at least.
 *
 * @throws InputError `ERR_FILE_FORMAT`, at its end, for an input that holds none
 */
export async function* requireRecords<T>(records: AsyncIterable<T>, path: string): AsyncGenerator<T, void> {
  let empty = true;
  for await (const record of records) {
    empty = false;
    yield record;
  }
  if (empty)
    throw new InputError('ERR_FILE_FORMAT', `Expected at least one record in ${path} but it holds none.`);
}
