import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/random.js';
import { findSharedBlocks } from './brute-force.js';
import { detectInMemory } from './in-memory.js';
import { type RandomCase, randomCase } from './random-texts.js';
import { detectIn, plain, temporaryDirectory } from './workspace.js';

function expectedGroups({ outputs, shards, threshold }: RandomCase) {
  return findSharedBlocks([...outputs, ...shards], new Set(outputs.map(({ name }) => name)), threshold);
}

/** Chunks and parts of one byte take long, so they are rare; a part may begin in any line, also within \r\n. */
function randomCuts(random: Random) {
  const chunkBytes = random.pick([1, 7, 7, 4096, 4096, 4096, 4096, 4096]);
  return { chunkBytes, partBytes: random.pick([chunkBytes === 1 ? 9 : 1, 3, 20, 20, 90, 90, 300, 300, 1e6]) };
}

const THOUSANDS = Array.from({ length: 20 }, (_, i) => i * 1000);

describe('the detector equals the brute-force form', () => {
  it.each(THOUSANDS)('on 1000 small cases from seed %i, cut anywhere', async (first) => {
    let groups = 0;
    for (let seed = first; seed < first + 1000; seed++) {
      const random = new Random(seed);
      const input = randomCase(random, true);
      const cuts = randomCuts(random);
      const { outputs, shards, threshold } = input;
      const found = plain(await detectInMemory(outputs, shards, threshold, cuts));
      expect(found, `seed ${seed}, ${JSON.stringify(cuts)}`).toEqual(expectedGroups(input));
      groups += found.length;
    }
    // The cases are worth something only if blocks are found in them.
    expect(groups).toBeGreaterThan(500);
  });

  it.each([0, 100, 200, 300, 400, 500])('on 100 larger cases in files from seed %i', async (first) => {
    const directory = await temporaryDirectory();
    for (let seed = first; seed < first + 100; seed++) {
      const random = new Random(seed);
      const input = randomCase(random);
      const found = plain(await detectIn(directory, { ...input, ...randomCuts(random), workers: 1 }));
      expect(found, `seed ${seed}`).toEqual(expectedGroups(input));
    }
  });

  it.each([2, 3, 4])('on 4 joint searches of 25 shards by %i workers', async (workers) => {
    const directory = await temporaryDirectory();
    let groups = 0;
    for (let seed = 0; seed < 4; seed++) {
      const input = manyShards(new Random(1000 * workers + seed));
      const found = plain(await detectIn(directory, { ...input, workers, partBytes: 100, chunkBytes: 64 }));
      expect(found, `seed ${seed}`).toEqual(expectedGroups(input));
      groups += found.length;
    }
    expect(groups).toBeGreaterThan(3);
  });
});

/** The shards of some larger cases, cut into 25 shards at line ends. */
function manyShards(random: Random): RandomCase {
  const { outputs, shards, threshold } = randomCase(random);
  const lines = shards.flatMap(({ bytes }) =>
    Buffer.from(bytes)
      .toString('latin1')
      .split(/(?<=\n)/),
  );
  const cuts = Array.from({ length: 24 }, () => random.integer(lines.length)).sort((a, b) => a - b);
  const pieces = [0, ...cuts].map((cut, i) => lines.slice(cut, cuts[i]).join(''));
  return {
    outputs,
    threshold,
    shards: pieces.map((text, i) => ({ name: `shard-${i}`, bytes: Buffer.from(text, 'latin1') })),
  };
}
