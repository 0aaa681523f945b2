/**
 * Makes up an analysis directory, for looking at its report page at full size:
 *
 *   npx tsx scripts/generate-analysis.ts DIRECTORY [BLOCKS [OUTPUTS]]
 */
import { writeGeneratedAnalysis } from '../test/report/memorization/generated.js';

const [directory, blocks = '10000', outputs = '40000'] = process.argv.slice(2);
if (!directory) {
  console.error('usage: npx tsx scripts/generate-analysis.ts DIRECTORY [BLOCKS [OUTPUTS]]');
  process.exit(2);
}
await writeGeneratedAnalysis(directory, { blocks: Number(blocks), outputs: Number(outputs), seed: 1 });
