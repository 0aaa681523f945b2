import { expect, test } from 'vitest';
import { cudaTagOf, runtimeRequirements, sourcesOf, targetOf } from '../../lib/native/sources.js';

// As the wheels state them.
const CUDA_13 = [
  'filelock',
  'cuda-toolkit[cublas,cudart,cupti,nvrtc]==13.0.3; platform_system == "Linux"',
  'cuda-bindings<14,>=13.0.3; platform_system == "Linux" and python_version < "3.15"',
  'nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"',
];
const CUDA_12 = [
  'nvidia-cuda-nvrtc-cu12==12.6.77; platform_system == "Linux" and platform_machine == "x86_64"',
  'nvidia-cuda-runtime-cu12==12.6.77; platform_system == "Linux" and platform_machine == "x86_64"',
  'nvidia-cuda-cupti-cu12==12.6.80; platform_system == "Linux" and platform_machine == "x86_64"',
];

test.runIf(process.platform === 'linux').each([
  [CUDA_13, 'cu130'],
  [CUDA_12, 'cu126'],
  [['filelock', 'sympy>=1.13.3'], undefined],
])('the CUDA of a wheel is read from what it requires (%#)', (requires, tag) => {
  expect(cudaTagOf({ requires })).toBe(tag);
});

test('of all that a CUDA wheel requires, a CPU needs two libraries', () => {
  expect(runtimeRequirements({ requires: CUDA_13 })).toEqual(['cuda-toolkit[cudart,cupti]==13.0.3']);
  expect(runtimeRequirements({ requires: CUDA_12 })).toEqual([
    'nvidia-cuda-runtime-cu12==12.6.77',
    'nvidia-cuda-cupti-cu12==12.6.80',
  ]);
});

test.each([
  [undefined, { version: '2.13.0', variant: 'cpu' }],
  ['cu130', { version: '2.13.0', variant: 'cu130' }],
  ['cu118', { version: '2.7.1', variant: 'cu118' }],
])('--cuda %s means %o', (cuda, target) => {
  expect(targetOf(cuda)).toEqual(target);
});

test.runIf(process.platform === 'linux' && process.arch === 'x64')('sources come best first', async () => {
  expect(sourcesOf(targetOf(undefined)).map(({ description }) => description)).toEqual([
    "pip's torch==2.13.0+cpu",
    "pip's torch==2.13.0",
    "PyTorch's archive libtorch-shared-with-deps-2.13.0+cpu.zip",
    "the CPU part of pip's torch==2.13.0",
  ]);
  const archives = sourcesOf(targetOf('cu118')).slice(1);
  const urls = await Promise.all(
    archives.map(async (source) => (await source.archives({ env: {} }))[0]!.url),
  );
  expect(urls.map((url) => url.slice(url.indexOf('/libtorch/')))).toEqual([
    '/libtorch/cu118/libtorch-cxx11-abi-shared-with-deps-2.7.1%2Bcu118.zip',
    '/libtorch/cu118/libtorch-shared-with-deps-2.7.1%2Bcu118.zip',
  ]);
});
