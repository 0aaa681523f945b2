/** The tokenizer that ships with the package (assets/tokenizer/README.md). */
import { join } from 'node:path';
import { PACKAGE } from '../package.js';

export const SHIPPED_TOKENIZER = join(PACKAGE, 'assets/tokenizer');
