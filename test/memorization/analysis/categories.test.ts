import { describe, expect, test } from 'vitest';
import { categorize } from '../../../lib/memorization/analysis/categories.js';

describe('categories', () => {
  test.each<[string, string]>([
    [
      'licence',
      '# Licensed under the Apache License, Version 2.0 (the "License");\n# you may not use this file except in compliance with the License.\n# You may obtain a copy of the License at\n#     http://www.apache.org/licenses/LICENSE-2.0\nimport os\nimport sys\n',
    ],
    [
      'licence',
      ' * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,\n * EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF\n * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE\n * AND NONINFRINGEMENT.\n',
    ],
    [
      'licence',
      '# This program is free software: you can redistribute it and/or modify\n# it under the terms\n',
    ],
    ['imports', 'import os\nimport sys\nfrom django.db import models\nfrom . import views\nx = 1\n'],
    ['imports', '#include <stdio.h>\n# include "a.h"\n#include <vector>\nint main() {\n'],
    ['imports', "const fs = require('fs');\nimport { a } from 'b';\nlet q = 4;\n"],
    [
      'documentation',
      '# Add any paths that contain templates here\n# The suffix of source filenames.\nx = 1\n',
    ],
    [
      'documentation',
      '"""Reads a table.\nThe first row names the columns.\nErrors name the line.\n"""\ndef read():\n',
    ],
    ['documentation', '/**\n * Adds two numbers.\n * @param a one\n */\nint add(int a, int b) {\n'],
    ['data', "    'sphinx.ext.todo',\n    'sphinx.ext.coverage',\n]\nnames = []\n    'a': 3,\n"],
    ['data', '[1, 2, 3],\n[4.5, -6e-3, 0x1f],\n[None, True, null],\n'],
    ['code', 'def main(argv):\n    args = parse(argv)\n    # Runs.\n    return run(args)\n'],
    ['code', '}\n}\n}\n});\n'],
    ['code', 'import os\nimport sys\nmain()\nrun()\n'],
    ['code', '\n \n'],
  ])('%s', (category, text) => {
    expect(categorize(text)).toBe(category);
  });

  test('of a docstring that a block cuts, what was seen of it counts', () => {
    expect(categorize('def f():\n    """Does it\n    slowly and\n    with care.\n')).toBe('documentation');
  });

  test('long lines take no long time', () => {
    for (const piece of ['"', "'", '1', 'a', '\\', '" ', '1e', ',', '""" ']) {
      expect(['code', 'data', 'documentation']).toContain(categorize(`${piece.repeat(200_000)}x!\n`));
    }
  });
});
