/** What the scripts of all pages begin with, as text, inside a function of their own. */
export const CLIENT_HELPERS = String.raw`const root = document.documentElement;
root.classList.remove('no-script');
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};
const group = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
`;
