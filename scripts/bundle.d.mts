/** What `bundle.mjs` is to the tests. */
export function bundle(
  outdir: string,
  entries?: readonly string[],
): {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly packages: readonly string[];
};
