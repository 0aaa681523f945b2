import { expect, test } from 'vitest';
import { AbortedError, InputError, type LetheError, NativeError } from '../../lib/errors.js';
import { translateNativeError, translateNativeErrors } from '../../lib/native/errors.js';

const raw = (code: string | undefined, message = 'What went wrong.') =>
  Object.assign(new Error(message), { code });

test.each<[string | undefined, typeof LetheError, string, boolean]>([
  ['ERR_CONTEXT_LENGTH', InputError, 'ERR_CONTEXT_LENGTH', true],
  ['ERR_DISK_FULL', InputError, 'ERR_DISK_FULL', true],
  ['ERR_FILE_READ', InputError, 'ERR_FILE_READ', true],
  ['ERR_FILE_WRITE', InputError, 'ERR_FILE_WRITE', true],
  ['ERR_INVALID_OPTION', InputError, 'ERR_INVALID_OPTION', false],
  ['ERR_MODEL_DISPOSED', InputError, 'ERR_MODEL_DISPOSED', true],
  ['ERR_MODEL_FORMAT', InputError, 'ERR_MODEL_FORMAT', true],
  ['ERR_NATIVE', NativeError, 'ERR_NATIVE', true],
  ['ERR_NOT_FINITE', InputError, 'ERR_NOT_FINITE', true],
  ['ERR_OUT_OF_MEMORY', NativeError, 'ERR_OUT_OF_MEMORY', true],
  // N-API's own, and none at all.
  ['napi_generic_failure', NativeError, 'ERR_NATIVE', true],
  ['toString', NativeError, 'ERR_NATIVE', true],
  [undefined, NativeError, 'ERR_NATIVE', true],
])('%s becomes %o', async (code, type, expected, hasRemedy) => {
  const cause = raw(code);
  const error = await translateNativeErrors(() => Promise.reject(cause)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ code: expected, message: 'What went wrong.', cause });
  expect((error as LetheError).remedy !== undefined).toBe(hasRemedy);
});

test('an abort is an AbortedError, a wrong type an InputError', () => {
  expect(translateNativeError(raw('ERR_ABORTED'))).toBeInstanceOf(AbortedError);
  expect(translateNativeError(new TypeError('Expected tokens.'))).toMatchObject({
    name: 'InputError',
    code: 'ERR_INVALID_OPTION',
  });
});

test('what is not an Error is still a sentence; what is translated stays', async () => {
  expect(translateNativeError('text')).toMatchObject({ code: 'ERR_NATIVE', message: 'text' });
  const mine = new InputError('ERR_MODEL_FORMAT', 'mine');
  expect(translateNativeError(mine)).toBe(mine);
  expect(await translateNativeErrors(() => Promise.resolve(7))).toBe(7);
});
