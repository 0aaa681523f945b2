/** Numbers of things in sentences. */

/** `1 record`, `12 records`; `plural` where the plural is not the noun with an s. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${value} ${value === 1 ? noun : plural}`;
}
