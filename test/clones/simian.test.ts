/** Against Simian itself, where the environment names its jar: SIMIAN_JAR=.../simian-2.5.10.jar (docs/clones.md). */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCloneLog } from '../../lib/clones/log/log.js';
import { Random } from '../../lib/random.js';
import type { NamedFile } from './brute-force.js';
import { randomCase } from './random-texts.js';
import { detectIn, plain, temporaryDirectory } from './workspace.js';

const JAR = process.env.SIMIAN_JAR;

async function simian(directory: string, files: readonly NamedFile[], threshold: number) {
  const paths = files.map(({ name }) => join(directory, name));
  const log = join(directory, 'simian.log');
  let output: string;
  try {
    output = execFileSync('java', ['-jar', JAR!, `-threshold=${threshold}`, ...paths], { encoding: 'utf8' });
  } catch (error) {
    // Simian exits with 1 when it finds something.
    output = (error as { stdout: string }).stdout;
  }
  writeFileSync(log, output);
  return readCloneLog(log);
}

describe('the detector equals Simian', () => {
  it.runIf(JAR !== undefined)('on random cases', async () => {
    const directory = await temporaryDirectory();
    for (let seed = 0; seed < 40; seed++) {
      const random = new Random(seed);
      const input = randomCase(random);
      const ours = await detectIn(directory, { ...input, workers: 1, partBytes: 100 });
      const { groups } = await simian(directory, [...input.outputs, ...input.shards], input.threshold);
      const names = new Set(input.outputs.map(({ name }) => name));
      const onBothSides = groups.filter(({ occurrences }) => {
        const sides = new Set(occurrences.map(({ file }) => names.has(basename(file))));
        return sides.size === 2;
      });
      expect(plain(ours), `seed ${seed}`).toEqual(plain({ groups: onBothSides, totals: ours.totals }));
    }
  });
});
