/**
 * Makes lib/clones/line-kernel-code.ts of line-kernel.wat, by the WebAssembly Binary Toolkit and Binaryen, which npx
 * fetches. V8 calls functions where Binaryen puts them in place: without it the kernel takes 1.4 times as long.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../lib/clones/${name}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lethe-kernel-'));
try {
  const plain = join(directory, 'plain.wasm');
  const target = join(directory, 'kernel.wasm');
  const npx = (name, command, ...args) =>
    execFileSync('npx', ['--yes', '--package', name, command, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  npx('wabt@1', 'wat2wasm', path('line-kernel.wat'), '-o', plain);
  const inline = ['--always-inline-max-function-size=200', '--flexible-inline-max-function-size=300'];
  npx('binaryen@132', 'wasm-opt', '--enable-simd', '-O4', ...inline, plain, '-o', target);
  const code = readFileSync(target).toString('base64');
  const lines = code.match(/.{1,100}/g).map((line) => `  '${line}',`);
  writeFileSync(
    path('line-kernel-code.ts'),
    `/** line-kernel.wat, compiled by scripts/line-kernel.mjs, in base64. */\nexport const LINE_KERNEL = [\n${lines.join('\n')}\n].join('');\n`,
  );
} finally {
  rmSync(directory, { recursive: true });
}
