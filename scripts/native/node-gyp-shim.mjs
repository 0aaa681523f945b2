#!/usr/bin/env node
// Stands in for node-gyp when prebuildify calls it, and has cmake-js build instead. prebuildify passes
// `rebuild --target=<node version> --devdir --arch --dist-url --release`; to cmake-js --target is a CMake target.
import { buildNative } from './build.mjs';

const given = new Map(process.argv.slice(2).map((argument) => argument.replace(/^--/, '').split('=')));
if (given.get('arch') !== undefined && given.get('arch') !== process.arch) {
  process.stderr.write(
    `Expected to build for ${process.arch}, the machine's own, but was asked for ${given.get('arch')}.\n`,
  );
  process.exitCode = 1;
} else {
  // Node-API is the same for every Node from `napi_versions` on, so the version asked for changes nothing.
  await buildNative({ force: true });
}
