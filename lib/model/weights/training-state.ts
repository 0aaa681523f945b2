/** The optimizer's memory on disk: both moments of every parameter and the step count, for a run that goes on later. */
import { InputError } from '../../errors.js';
import { replaceFile } from '../../files.js';
import type { NativeModel } from '../../native/contract.js';
import { translateNativeErrors } from '../../native/errors.js';
import { composeSafetensorsHeader, readSafetensorsHeader } from './safetensors.js';

const MOMENTS = ['exp_avg', 'exp_avg_sq'] as const;

function layout(native: NativeModel) {
  return native
    .parameters()
    .flatMap(({ name, shape }) =>
      MOMENTS.map((moment) => ({ name: `${name}.${moment}`, dtype: 'float32' as const, shape })),
    );
}

export async function writeTrainingState(path: string, native: NativeModel): Promise<void> {
  const steps = await translateNativeErrors(() => native.stepCount());
  await replaceFile(path, async (handle) => {
    await handle.writeFile(composeSafetensorsHeader(layout(native), { steps: String(steps) }));
    const names = native.parameters().map(({ name }) => name);
    await translateNativeErrors(() => native.writeMoments(handle.fd, names));
  });
}

/** @throws InputError `ERR_MODEL_FORMAT` when the file is not a training state of this model */
export async function readTrainingState(path: string, native: NativeModel): Promise<void> {
  const { tensors, metadata } = await readSafetensorsHeader(path);
  const expected = layout(native);
  const same = (index: number) => {
    const { name, dtype, shape } = tensors[index]!;
    const wanted = expected[index]!;
    return name === wanted.name && dtype === 'F32' && shape.join() === wanted.shape.join();
  };
  const steps = Number(metadata.steps);
  if (
    tensors.length !== expected.length ||
    !expected.every((_, i) => same(i)) ||
    !Number.isSafeInteger(steps) ||
    steps < 0
  ) {
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected the training state of this model in ${path} but found another.`,
    );
  }
  const names = native.parameters().map(({ name }) => name);
  await translateNativeErrors(() => native.loadMoments(path, tensors[0]!.offset, names, steps));
}
