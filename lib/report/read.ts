/** A report's data from disk: the `report.json` that a run left. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, InputError } from '../errors.js';
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
  const value = await readJsonFile(file).catch((error: unknown) => {
    throw file !== path && (error as InputError).code === 'ERR_FILE_NOT_FOUND' ? noReport(path) : error;
  });
  if (typeof value !== 'object' || value === null || !('version' in value)) throw noReport(file);
  return { file, input: parseReportInput(value, file) };
}

function noReport(path: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected results to report on in ${path} but found none.`, {
    remedy:
      'Reports are made of what lethe run, demo, unlearn, analyze, measure or secrets probe wrote, with its run.json.',
  });
}
