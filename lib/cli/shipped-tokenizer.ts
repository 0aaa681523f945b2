/** The tokenizer that ships with the package (assets/tokenizer/README.md). */
import { fileURLToPath } from 'node:url';

export const SHIPPED_TOKENIZER = fileURLToPath(new URL('../../assets/tokenizer', import.meta.url));
