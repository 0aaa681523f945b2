/**
 * Where a libtorch for this machine may be had, best first: as data, each source a short list of archives. Finding
 * out costs a few seconds of pip; downloading is `provision.ts`'s business.
 */
import { InputError, NativeError } from '../errors.js';
import { DEFAULT_VERSION } from './libtorch.js';
import { resolveWheels, type Wheel } from './pip.js';

/** One zip file and which of its files are wanted. */
export interface Archive {
  readonly url: string;
  readonly sha256?: string | undefined;
  /** The exact requirement with which pip fetches the same file. */
  readonly requirement?: string | undefined;
  readonly select: (name: string) => boolean;
}

export interface Source {
  readonly description: string;
  /** Rejects with one sentence if there is no such source. */
  archives(context: SourceContext): Promise<readonly Archive[]>;
}

export interface SourceContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface Target {
  readonly version: string;
  /** `cpu`, or a CUDA tag such as `cu118`. */
  readonly variant: string;
}

/** The last release built for a CUDA that later ones dropped. */
const LAST_RELEASE: Readonly<Record<string, string>> = { cu118: '2.7.1' };

const ARCHIVES = 'https://download.pytorch.org/libtorch';

/** Which release `lethe libtorch install [--cuda TAG]` means. */
export function targetOf(cuda: string | undefined): Target {
  if (cuda === undefined) return { version: DEFAULT_VERSION, variant: 'cpu' };
  if (!/^cu\d{3}$/.test(cuda))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a CUDA tag such as cu118 or cu130 for --cuda but received ${JSON.stringify(cuda)}.`,
    );
  return { version: LAST_RELEASE[cuda] ?? DEFAULT_VERSION, variant: cuda };
}

/** Sources for a target on this platform, in the order in which to try them. */
export function sourcesOf(target: Target): Source[] {
  const { platform, arch } = process;
  if (!['linux', 'darwin'].includes(platform) || !['x64', 'arm64'].includes(arch)) {
    throw new NativeError(
      'ERR_LIBTORCH_NOT_FOUND',
      `Lethe can provision libtorch on Linux and macOS, x64 and arm64, and this is ${platform}-${arch}.`,
      { remedy: 'Set LETHE_LIBTORCH to a libtorch that you have.' },
    );
  }
  const { version, variant } = target;
  if (variant !== 'cpu') return [cudaWheels(version, variant), ...archiveSources(target)];
  return [taggedWheel(version), plainWheel(version), ...archiveSources(target), cudaWheelForCpu(version)];
}

/** The CPU needs none of these; torch_cuda alone is 470 MB. libtorch.so is empty but needs torch_cuda. */
const NOT_FOR_CPU =
  /^lib(torch|torch_cuda.*|torch_nvshmem|torch_python|torch_global_deps|c10_cuda|caffe2_nvrtc|shm)\.(so|dylib)$/;
/** libtorch_cpu of a CUDA build is linked to these two and calls them only to profile. */
const CUDA_RUNTIME = /\/lib(cudart|cupti)\.so/;

function forCpu(name: string): boolean {
  if (name === 'torch/version.py' || name.startsWith('torch/include/')) return true;
  const library = /^torch(?:\/lib|\.libs)\/([^/]+\.(?:so|dylib)[^/]*)$/.exec(name)?.[1];
  return library !== undefined && !NOT_FOR_CPU.test(library);
}

function forCuda(name: string): boolean {
  if (name === 'torch/version.py' || name.startsWith('torch/include/')) return true;
  const library = /^torch(?:\/lib|\.libs)\/([^/]+\.so[^/]*)$/.exec(name)?.[1];
  return library !== undefined && library !== 'libtorch_python.so' && library !== 'libshm.so';
}

function inArchive(name: string): boolean {
  return (
    name === 'libtorch/build-version' ||
    name.startsWith('libtorch/include/') ||
    (name.startsWith('libtorch/lib/') && /\.(so|dylib)/.test(name))
  );
}

function taggedWheel(version: string): Source {
  return {
    description: `pip's torch==${version}+cpu`,
    archives: async (context) => [asArchive(await torchWheel(`${version}+cpu`, context), forCpu)],
  };
}

function plainWheel(version: string): Source {
  return {
    description: `pip's torch==${version}`,
    async archives(context) {
      const wheel = await torchWheel(version, context);
      const tag = cudaTagOf(wheel);
      if (tag !== undefined)
        throw new NativeError('ERR_DOWNLOAD', `it is a CUDA build (${tag}) here, kept as the last resort`);
      return [asArchive(wheel, forCpu)];
    },
  };
}

function cudaWheelForCpu(version: string): Source {
  return {
    description: `the CPU part of pip's torch==${version}`,
    async archives(context) {
      const torch = await torchWheel(version, context);
      const runtime = await Promise.all(
        runtimeRequirements(torch).map((requirement) =>
          resolveWheels(requirement, { dependencies: true, ...context }),
        ),
      );
      const libraries = runtime.flat().filter((wheel) => wheel.name.startsWith('nvidia-'));
      return [
        asArchive(torch, forCpu),
        ...libraries.map((wheel) => asArchive(wheel, (name) => CUDA_RUNTIME.test(name))),
      ];
    },
  };
}

function cudaWheels(version: string, variant: string): Source {
  return {
    description: `pip's torch==${version} with its CUDA libraries`,
    async archives(context) {
      const tag = cudaTagOf(await torchWheel(version, context));
      if (tag !== variant)
        throw new NativeError('ERR_DOWNLOAD', `that is a build for ${tag ?? 'the CPU'}, not for ${variant}`);
      const wheels = await resolveWheels(`torch==${version}`, { dependencies: true, ...context });
      return wheels
        .filter((wheel) => wheel.name === 'torch' || wheel.name.startsWith('nvidia-'))
        .map((wheel) =>
          asArchive(wheel, wheel.name === 'torch' ? forCuda : (name) => /\/lib\/[^/]+\.so[^/]*$/.test(name)),
        );
    },
  };
}

/** PyTorch's own archives. They come without a published digest: size and every file's CRC are checked. */
function archiveSources({ version, variant }: Target): Source[] {
  if (process.platform === 'darwin') {
    const file = `libtorch-macos-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}-${version}.zip`;
    return [archiveSource(`${ARCHIVES}/cpu/${file}`)];
  }
  if (process.arch !== 'x64') return [];
  // Until 2.7 there were two C++ ABIs, and the one that wheels use was named in the file.
  const names = version.startsWith('2.7.')
    ? ['cxx11-abi-shared-with-deps', 'shared-with-deps']
    : ['shared-with-deps'];
  return names.map((name) =>
    archiveSource(`${ARCHIVES}/${variant}/libtorch-${name}-${version}%2B${variant}.zip`),
  );
}

function archiveSource(url: string): Source {
  return {
    description: `PyTorch's archive ${decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))}`,
    archives: async () => [{ url, select: inArchive }],
  };
}

async function torchWheel(version: string, context: SourceContext): Promise<Wheel> {
  const wheels = await resolveWheels(`torch==${version}`, { dependencies: false, ...context });
  const torch = wheels.find((wheel) => wheel.name === 'torch');
  if (torch === undefined) throw new NativeError('ERR_DOWNLOAD', `pip named no wheel of torch ${version}`);
  return torch;
}

function asArchive(wheel: Wheel, select: (name: string) => boolean): Archive {
  return { url: wheel.url, sha256: wheel.sha256, requirement: `${wheel.name}==${wheel.version}`, select };
}

/** `cu130` from the requirements of a wheel for Linux; undefined for a CPU build. */
export function cudaTagOf(wheel: Pick<Wheel, 'requires'>): string | undefined {
  if (process.platform !== 'linux') return undefined;
  for (const requirement of wheel.requires) {
    // cuda-toolkit[...]==13.0.3 since 2.11; nvidia-cuda-runtime-cu12==12.6.77 before.
    const match = /^(?:cuda-toolkit(?:\[[^\]]*\])?|nvidia-cuda-runtime(?:-cu\d+)?)\s*==\s*(\d+)\.(\d+)/.exec(
      requirement,
    );
    if (match) return `cu${match[1]}${match[2]}`;
  }
  return undefined;
}

/** The requirements that bring libcudart and libcupti, out of all that a CUDA wheel states. */
export function runtimeRequirements(wheel: Pick<Wheel, 'requires'>): string[] {
  const stated = wheel.requires.map((requirement) => requirement.split(';')[0]!.trim());
  const toolkit = stated
    .map((requirement) => /^cuda-toolkit(?:\[[^\]]*\])?\s*(==\s*[\w.]+)$/.exec(requirement)?.[1])
    .find((version) => version !== undefined);
  if (toolkit !== undefined) return [`cuda-toolkit[cudart,cupti]${toolkit}`];
  return stated.filter((requirement) => /^nvidia-cuda-(runtime|cupti)(-cu\d+)?\s*==/.test(requirement));
}
