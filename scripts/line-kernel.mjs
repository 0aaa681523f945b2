/** Makes lib/clones/line-kernel-code.ts of line-kernel.wat, by the WebAssembly Binary Toolkit, which npx fetches. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../lib/clones/${name}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lethe-kernel-'));
try {
  const target = join(directory, 'kernel.wasm');
  const wat2wasm = ['--yes', '--package', 'wabt@1', 'wat2wasm', path('line-kernel.wat'), '-o', target];
  execFileSync('npx', wat2wasm, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = readFileSync(target).toString('base64');
  const lines = code.match(/.{1,100}/g).map((line) => `  '${line}',`);
  writeFileSync(
    path('line-kernel-code.ts'),
    `/** line-kernel.wat, compiled by scripts/line-kernel.mjs, in base64. */\nexport const LINE_KERNEL = [\n${lines.join('\n')}\n].join('');\n`,
  );
} finally {
  rmSync(directory, { recursive: true });
}
