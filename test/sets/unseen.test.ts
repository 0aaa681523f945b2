import { describe, expect, test } from 'vitest';
import { languageOf } from '../../lib/sets/languages.js';
import { stripLeadingComment } from '../../lib/sets/leading-comment.js';
import { cleanUnseen } from '../../lib/sets/unseen.js';

describe('stripLeadingComment', () => {
  test.each([
    ['a.js', '/* Licence\n * MIT */\nlet x;\n', 'let x;\n'],
    ['a.js', '// one\n// two\n\nlet x; // three\n', 'let x; // three\n'],
    ['a.js', '#!/usr/bin/env node\n/** a */\n\n// b\n"use strict";\n', '"use strict";\n'],
    ['a.js', '/* open\nlet x;\n', '/* open\nlet x;\n'],
    ['a.js', '/* all */', ''],
    ['a.js', '  let x;\n', '  let x;\n'],
    ['a.rb', '# frozen\n=begin\nlicence\n=end\nputs 1\n', 'puts 1\n'],
    ['a.php', '<?php\n/**\n * Licence\n */\n\necho 1;\n', '<?php\necho 1;\n'],
    ['a.rs', '// Licence\n//! docs\n#![no_std]\nfn f() {}\n', '#![no_std]\nfn f() {}\n'],
    ['a.lua', '--[[ licence\n]]\n-- more\nlocal x\n', 'local x\n'],
    ['a.py', '# -*- coding: utf-8 -*-\n"""Docs."""\n', '"""Docs."""\n'],
    ['a.c', '/* a *//* b */#include <a.h>\n', '#include <a.h>\n'],
  ])('%s: %j', (path, text, stripped) => {
    expect(stripLeadingComment(text, languageOf(path)!)).toBe(stripped);
  });
});

describe('cleanUnseen', () => {
  const countTokens = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
  const words = (count: number, word = 'x'): string => Array.from({ length: count }, () => word).join(' ');

  test('keeps 200 < tokens < 1000, counted without the leading comment', () => {
    const documents = [200, 201, 999, 1000].map((count) => ({ id: `${count}.js`, text: words(count) }));
    documents.push({ id: 'stripped.js', text: `// ${words(100)}\n${words(150, 'y')}` });
    const cleaned = cleanUnseen(documents, { countTokens });
    expect(cleaned.map(({ id }) => id).sort()).toEqual(['201.js', '999.js']);
  });

  test('strips by the language of the path, and leaves others as they are', () => {
    const text = `# a\n${words(5)}`;
    const options = { countTokens, moreThan: 1 };
    expect(cleanUnseen([{ id: '1', path: 'src/a.rb', text }], options)[0]!.text).toBe(words(5));
    expect(cleanUnseen([{ id: '1', path: 'src/a.txt', text }], options)[0]!.text).toBe(text);
  });

  test('drops copies and orders by the seed', () => {
    const documents = Array.from({ length: 40 }, (_, i) => ({
      id: String(i),
      text: words(300, `w${i % 20}`),
    }));
    const cleaned = cleanUnseen(documents, { countTokens });
    expect(cleaned).toHaveLength(20);
    expect(new Set(cleaned.map(({ id }) => Number(id) < 20))).toEqual(new Set([true]));
    expect(cleanUnseen(documents, { countTokens })).toEqual(cleaned);
    expect(cleanUnseen(documents, { countTokens, seed: 1 })).not.toEqual(cleaned);
  });

  test.each([
    [{}, /countTokens/],
    [{ countTokens, moreThan: 5, fewerThan: 6 }, /fewerThan above moreThan/],
    [{ countTokens, min: 5 }, /"min"/],
  ])('%j is refused', (options, message) => {
    expect(() => cleanUnseen([], options as never)).toThrow(message);
  });
});
