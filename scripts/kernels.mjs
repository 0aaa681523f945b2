/**
 * Makes the WebAssembly of lib/clones from its sources, by tools that npx fetches: line-kernel-code.ts of
 * line-kernel.wat (WebAssembly Binary Toolkit, Binaryen) and block-kernel-code.ts of block-kernel.as.ts
 * (AssemblyScript).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../lib/clones/${name}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lethe-kernel-'));
try {
  const plain = join(directory, 'plain.wasm');
  const optimized = join(directory, 'optimized.wasm');
  npx('wabt@1', 'wat2wasm', path('lines/line-kernel.wat'), '-o', plain);
  // V8 calls functions where Binaryen puts them in place: without it the kernel takes 1.4 times as long.
  const inline = ['--always-inline-max-function-size=200', '--flexible-inline-max-function-size=300'];
  npx('binaryen@132', 'wasm-opt', '--enable-simd', '-O4', ...inline, plain, '-o', optimized);
  writeCode('lines/line-kernel.wat', optimized, 'lines/line-kernel-code.ts', 'LINE_KERNEL');

  // Not optimized by AssemblyScript 0.28: from -O2 on it reads the low half of a hash with its sign.
  const options = ['--runtime', 'stub', '-O0', '--noAssert', '-o', plain];
  npx('assemblyscript@0.28', 'asc', path('blocks/block-kernel.as.ts'), ...options);
  npx('binaryen@132', 'wasm-opt', '--enable-bulk-memory', '-O4', ...inline, plain, '-o', optimized);
  writeCode('blocks/block-kernel.as.ts', optimized, 'blocks/block-kernel-code.ts', 'BLOCK_KERNEL');
} finally {
  rmSync(directory, { recursive: true });
}

function npx(name, command, ...args) {
  execFileSync('npx', ['--yes', '--package', name, command, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function writeCode(source, binary, target, constant) {
  const code = readFileSync(binary).toString('base64');
  const lines = code.match(/.{1,100}/g).map((line) => `  '${line}',`);
  writeFileSync(
    path(target),
    `/** ${basename(source)}, compiled by scripts/kernels.mjs, in base64. */\nexport const ${constant} = [\n${lines.join('\n')}\n].join('');\n`,
  );
}
