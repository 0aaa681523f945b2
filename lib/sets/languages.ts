/** What a language's comments look like and how it names a constant: all that making sets of code needs to know. */

export interface Language {
  /** What starts a comment that ends with its line. */
  readonly line: readonly string[];
  /** What encloses a comment of several lines. */
  readonly block: readonly (readonly [open: string, close: string])[];
  /** A line that gives a string a name. */
  readonly assign: (name: string, value: string) => string;
}

const SLASHES = { line: ['//'], block: [['/*', '*/']] } as const;

const JAVASCRIPT: Language = { ...SLASHES, assign: (name, value) => `const ${name} = '${value}';` };
const PYTHON: Language = { line: ['#'], block: [], assign: (name, value) => `${name} = "${value}"` };
const RUBY: Language = {
  line: ['#'],
  block: [['=begin', '=end']],
  assign: (name, value) => `${name} = '${value}'`,
};
const PHP: Language = {
  line: ['//', '#'],
  block: [['/*', '*/']],
  assign: (name, value) => `const ${name} = '${value}';`,
};
const RUST: Language = { ...SLASHES, assign: (name, value) => `const ${name}: &str = "${value}";` };
const LUA: Language = {
  line: ['--'],
  block: [['--[[', ']]']],
  assign: (name, value) => `local ${name} = "${value}"`,
};
const GO: Language = { ...SLASHES, assign: (name, value) => `const ${name} = "${value}"` };
const C: Language = { ...SLASHES, assign: (name, value) => `static const char ${name}[] = "${value}";` };
const JAVA: Language = {
  ...SLASHES,
  assign: (name, value) => `private static final String ${name} = "${value}";`,
};
const SHELL: Language = { line: ['#'], block: [], assign: (name, value) => `${name}="${value}"` };

const BY_EXTENSION: Readonly<Record<string, Language>> = {
  js: JAVASCRIPT,
  mjs: JAVASCRIPT,
  cjs: JAVASCRIPT,
  jsx: JAVASCRIPT,
  ts: JAVASCRIPT,
  mts: JAVASCRIPT,
  cts: JAVASCRIPT,
  tsx: JAVASCRIPT,
  py: PYTHON,
  rb: RUBY,
  php: PHP,
  rs: RUST,
  lua: LUA,
  go: GO,
  c: C,
  h: C,
  cc: C,
  cpp: C,
  hpp: C,
  java: JAVA,
  sh: SHELL,
};

/** The language of a file by the extension of its path or name, any case; undefined where it is not known. */
export function languageOf(path: string): Language | undefined {
  return BY_EXTENSION[/\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''];
}
