/**
 * A strict reader of our own pages for the tests: it accepts only well-nested tags with double-quoted attributes,
 * so anything that broke out of a text or an attribute makes it throw.
 */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (Element | string)[];
}

const VOID = new Set(['meta', 'input', 'br', 'img']);
const RAW = new Set(['script', 'style']);
const TAG = /^<([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*(?:="[^"<>]*")?)*) ?(\/?)>/i;

export function parseMarkup(page: string): Element {
  const root: Element = { tag: '#root', attributes: {}, children: [] };
  const open = [root];
  let at = page.startsWith('<!doctype html>') ? '<!doctype html>'.length : 0;
  while (at < page.length) {
    const top = open.at(-1)!;
    if (page[at] !== '<') {
      const end = page.indexOf('<', at);
      const text = page.slice(at, end === -1 ? page.length : end);
      top.children.push(decode(text));
      at += text.length;
    } else if (page.startsWith('</', at)) {
      const closing = `</${top.tag}>`;
      if (!page.startsWith(closing, at)) throw new Error(`Expected ${closing} at ${page.slice(at, at + 80)}`);
      open.pop();
      at += closing.length;
    } else {
      const match = TAG.exec(page.slice(at, at + 4000));
      if (!match) throw new Error(`Expected a tag at ${page.slice(at, at + 80)}`);
      const element: Element = { tag: match[1]!, attributes: readAttributes(match[2]!), children: [] };
      top.children.push(element);
      at += match[0].length;
      if (match[3] === '/' || VOID.has(element.tag)) continue;
      if (RAW.has(element.tag)) {
        const end = page.indexOf(`</${element.tag}`, at);
        element.children.push(page.slice(at, end));
        at = end + `</${element.tag}>`.length;
      } else open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`Expected every tag closed but ${open.at(-1)!.tag} is open`);
  return root;
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/ ([a-z][a-z0-9-]*)(?:="([^"]*)")?/gi)].map(([, name, value]) => [
      name!,
      decode(value ?? ''),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decode(text: string): string {
  return text.replace(/&([^;]*);?/g, (_all, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined) throw new Error(`Expected a known entity but found &${name}`);
    return character;
  });
}

/** All elements below, in document order. */
export function* elements(root: Element): Generator<Element> {
  for (const child of root.children) {
    if (typeof child === 'string') continue;
    yield child;
    yield* elements(child);
  }
}

export function find(root: Element, test: (element: Element) => boolean): Element[] {
  return [...elements(root)].filter(test);
}

export function hasClass(name: string): (element: Element) => boolean {
  return (element) => (element.attributes.class ?? '').split(' ').includes(name);
}

/** The text of an element as a reader sees it, without scripts and styles. */
export function textOf(element: Element): string {
  if (RAW.has(element.tag)) return '';
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
