/** `lethe run --init`: writes a mission file for a model and a source tree. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import { missionTemplate } from '../../mission/template.js';
import { readArchitecture } from '../../model/weights/checkpoint.js';
import { countParameters } from '../../model/weights/layout.js';
import { locateModel } from '../open-model.js';
import type { Session } from '../session.js';

export interface InitOptions {
  readonly model?: string;
  readonly corpus?: string;
  readonly unseen?: string;
  readonly output: string;
}

/** @throws InputError `ERR_INVALID_OPTION`; `ERR_FILE_NOT_FOUND`; `ERR_FILE_WRITE`, also for a file that is there */
export async function initMission(
  { model, corpus, unseen, output }: InitOptions,
  session: Session,
): Promise<void> {
  if (model === undefined || corpus === undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected --model and --corpus beside --init but received ${model === undefined && corpus === undefined ? 'neither' : model === undefined ? 'no --model' : 'no --corpus'}.`,
    );
  for (const path of unseen === undefined ? [corpus] : [corpus, unseen])
    await stat(path).catch((error: unknown) => {
      throw fileError('read', path, error);
    });
  const directory = await locateModel({ model }, session);
  const { spec, layout } = await readArchitecture(directory);
  const beside = (path: string) => relative(dirname(resolve(output)), resolve(path)) || '.';
  const text = missionTemplate({
    model: directory === model ? beside(model) : model,
    corpus: beside(corpus),
    unseen: unseen === undefined ? undefined : beside(unseen),
    parameters: countParameters(layout),
    contextLength: spec.contextLength,
    cores: availableParallelism(),
  });
  try {
    await mkdir(dirname(output), { recursive: true });
    await writeFile(output, text, { flag: 'wx' });
  } catch (error) {
    throw fileError('write', output, error);
  }
  session.say(`Wrote ${output}. See what it does by: lethe run ${output} --dry-run`);
}
