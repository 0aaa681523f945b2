/** What commands write to stdout: no faster than it is read, so that a slow reader does not fill the memory. */
import { once } from 'node:events';

export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
