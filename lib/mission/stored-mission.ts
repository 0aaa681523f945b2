/** `mission.json`: a mission as it was run, in the directory that it fills; what a report is made of besides the stages' files. */
import { join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { isDirectory, readJsonFile, writeFileAtomic } from '../files.js';
import { type Mission, missionSchema } from './mission.js';
import { MISSION_FILE } from './paths.js';
import { resolvePaths } from './read-mission.js';

const storedSchema = z.strictObject({
  /** The mission file, as it was named. */
  file: z.string(),
  mission: missionSchema,
});

/**
 * Writes it with paths relative to the mission's directory: they hold wherever a report is asked for, and when all of it has
 * been moved.
 */
export async function writeStoredMission(mission: Mission, file: string): Promise<void> {
  const { directory, model, corpus, unseen, secrets } = mission;
  const within = (path: string): string => relative(resolve(directory), resolve(path)) || '.';
  const stored: z.input<typeof storedSchema> = {
    file,
    mission: {
      ...mission,
      directory: '.',
      model: (await isDirectory(model)) ? `./${within(model)}` : model,
      corpus: within(corpus),
      unseen: unseen.source === undefined ? unseen : { ...unseen, source: within(unseen.source) },
      secrets: secrets.file === undefined ? secrets : { ...secrets, file: within(secrets.file) },
    },
  };
  await writeFileAtomic(join(directory, MISSION_FILE), `${JSON.stringify(stored, null, 2)}\n`);
}

/** @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION` */
export async function readStoredMission(directory: string): Promise<{ file: string; mission: Mission }> {
  const path = join(directory, MISSION_FILE);
  const { file, mission } = check(storedSchema, await readJsonFile(path), path);
  return { file, mission: await resolvePaths(mission, path) };
}
