/** Where `bin/lethe.js` lands: runs the command line of this process. */
import { main } from './program.js';

process.exitCode = await main(process.argv.slice(2));
