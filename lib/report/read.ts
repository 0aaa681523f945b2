/** A report's data from disk: the `report.json` that a run left. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, InputError } from '../errors.js';
import type { ReportInput } from './input.js';
import { parseReportInput } from './input-schema.js';

/**
 * Reads `path`, a report file or a run directory that holds one as `report.json`, and checks it.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT` for what is not JSON,
 *   `ERR_INVALID_OPTION` for JSON of another shape
 */
export async function readReport(
  path: string,
): Promise<{ readonly file: string; readonly input: ReportInput }> {
  let file = path;
  let text: string;
  try {
    if ((await stat(path)).isDirectory()) file = join(path, 'report.json');
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileError('read', file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError('ERR_FILE_FORMAT', `Expected JSON in ${file} but ${(cause as Error).message}.`, {
      cause,
    });
  }
  return { file, input: parseReportInput(value, file) };
}
