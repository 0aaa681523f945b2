/** Ends the process in mid-job in the way that its argument names. */
import { largeModel, longWork } from './large-model.js';

const ways: Record<string, () => void> = {
  exit: () => process.exit(7),
  throw: () => {
    throw new Error('on purpose');
  },
  'exit-in-callback': () => {
    process.on('exit', () => {
      process.exitCode = 9;
    });
    process.exit();
  },
  signal: () => process.kill(process.pid, 'SIGTERM'),
};

const [a, b] = await Promise.all([largeModel(), largeModel()]);
const jobs = [longWork(a), a.score([Int32Array.of(1, 2)]), longWork(b), b.dispose()];
for (const job of jobs) job.catch(() => {});
setTimeout(ways[process.argv[2]!]!, 100);
