/** What a tokenizer does to text before it looks at it: `normalizer` of tokenizer.json. */
import * as z from 'zod';
import { patternField, readPart, readPattern, refuse } from '../files/tokenizer-parts.js';
import type { AlignedText, Change } from './aligned-text.js';
import { normalizeUnicode, type UnicodeForm } from './unicode-normalization.js';

export type Normalizer = (text: AlignedText) => AlignedText;

const sequence = z.looseObject({ normalizers: z.array(z.looseObject({ type: z.string() })) });
const prepend = z.looseObject({ prepend: z.string() });
const replace = z.looseObject({ pattern: patternField, content: z.string() });
const bert = z.looseObject({
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});

/**
 * @param config `normalizer` of the tokenizer.json at `path`
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export function parseNormalizer(config: { readonly type: string } | null, path: string): Normalizer {
  const what = `normalizer of ${path}`;
  switch (config?.type) {
    case undefined:
      return (text) => text;
    case 'Sequence':
      return inOrder(
        readPart(sequence, config, what).normalizers.map((inner) => parseNormalizer(inner, path)),
      );
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = config!.type as UnicodeForm;
      return (text) => normalizeUnicode(text, form);
    }
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return without(/\p{M}/gu);
    case 'Prepend': {
      const found = readPart(prepend, config, what);
      return (text) => text.prepend(found.prepend);
    }
    case 'Replace': {
      const found = readPart(replace, config, what);
      return replacing(readPattern(found.pattern, what), found.content, 'String' in found.pattern);
    }
    case 'BertNormalizer':
      return bertNormalizer(readPart(bert, config, what));
    default:
      return refuse(`a ${config!.type} normalizer`, path);
  }
}

function inOrder(steps: readonly Normalizer[]): Normalizer {
  return (text) => steps.reduce((made, step) => step(made), text);
}

function replacing(pattern: RegExp, content: string, literal: boolean): Normalizer {
  // One code unit for one, as a space for SentencePiece's mark: every character stays where it is.
  if (literal && content.length === 1 && pattern.source.replace(/^\\/, '').length === 1)
    return (text) => text.withText(text.text.replace(pattern, () => content));
  return (text) => text.replace(pattern, content);
}

function lowercase(text: AlignedText): AlignedText {
  // Character by character, as the library does it: no rule for the last sigma of a word.
  const changes: Change[] = [];
  let same = true;
  for (const character of text.text) {
    const lower = character.toLowerCase();
    same &&= lower.length === character.length;
    let change = 0;
    for (const part of lower) {
      changes.push([part, change]);
      change = 1;
    }
  }
  return same ? text.withText(changes.map(([part]) => part).join('')) : text.change(changes);
}

/** Takes every match away, each of one character. */
function without(pattern: RegExp): Normalizer {
  return (text) => (text.text.search(pattern) < 0 ? text : text.replace(pattern, ''));
}

// The blocks that BERT's code calls Chinese.
const CHINESE =
  /^[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]$/u;

function bertNormalizer(options: z.infer<typeof bert>): Normalizer {
  const steps: Normalizer[] = [];
  if (options.clean_text) {
    // Unassigned characters stay: the library's tables do not name them.
    const controls = without(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu);
    steps.push(controls, (text) => text.withText(text.text.replace(/\p{White_Space}/gu, ' ')));
  }
  if (options.handle_chinese_chars) steps.push(spaceChinese);
  if (options.strip_accents ?? options.lowercase)
    steps.push((text) => normalizeUnicode(text, 'NFD'), without(/\p{Mn}/gu));
  if (options.lowercase) steps.push(lowercase);
  return inOrder(steps);
}

function spaceChinese(text: AlignedText): AlignedText {
  const changes: Change[] = [];
  let found = false;
  for (const character of text.text) {
    if (CHINESE.test(character)) {
      found = true;
      changes.push([' ', 0], [character, 1], [' ', 1]);
    } else changes.push([character, 0]);
  }
  return found ? text.change(changes) : text;
}
