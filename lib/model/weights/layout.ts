/**
 * How a family's files hold a parameter: which rows of which file tensors, in which order, which way round. The same
 * description reads a checkpoint and writes one.
 */

/** Rows `first`..`first + rows - 1` of the tensor `name` in the family's files. */
export interface FileRows {
  readonly name: string;
  readonly first: number;
  readonly rows: number;
  /** Rows of the whole file tensor, in the orientation of the parameter. */
  readonly of: number;
  /** The file holds the transpose. */
  readonly transposed: boolean;
}

export interface ParameterLayout {
  /** The canonical name. */
  readonly name: string;
  /** [out, in], or [size] for vectors. */
  readonly shape: readonly number[];
  /** In order along the first dimension. */
  readonly parts: readonly FileRows[];
}

/** A parameter that is one whole tensor of the files. */
export function whole(
  name: string,
  file: string,
  shape: readonly number[],
  transposed = false,
): ParameterLayout {
  const rows = shape[0]!;
  return { name, shape, parts: [{ name: file, first: 0, rows, of: rows, transposed }] };
}

/** A parameter that joins whole tensors of the files, `sizes[i]` rows each. */
export function joined(
  name: string,
  files: readonly string[],
  sizes: readonly number[],
  columns: number | undefined,
): ParameterLayout {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  return {
    name,
    shape: columns === undefined ? [rows] : [rows, columns],
    parts: files.map((file, i) => ({
      name: file,
      first: 0,
      rows: sizes[i]!,
      of: sizes[i]!,
      transposed: false,
    })),
  };
}

/** Numbers in all parameters together. */
export function countParameters(layout: readonly ParameterLayout[]): number {
  return layout.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
