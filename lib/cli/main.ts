/** Where `bin/lethe.js` lands: runs the command line of this process. */
import { main } from './program.js';

// Traces name the sources, not the bundles (scripts/bundle.mjs) that are loaded from here on.
if (process.env.LETHE_DEBUG) process.setSourceMapsEnabled(true);
process.exitCode = await main(process.argv.slice(2));
