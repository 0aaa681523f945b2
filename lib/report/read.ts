/** A report's data from disk: the `report.json` that a run left. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../errors.js';
import { readJsonFile } from '../files.js';
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
  try {
    if ((await stat(path)).isDirectory()) file = join(path, 'report.json');
  } catch (error) {
    throw fileError('read', file, error);
  }
  return { file, input: parseReportInput(await readJsonFile(file), file) };
}
