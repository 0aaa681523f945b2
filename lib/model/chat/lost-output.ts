/**
 * Where @huggingface/jinja 0.5 differs from Jinja without a word: `break` and `continue` drop what their pass through the
 * loop had written before. Templates that would lose text by it are told by their syntax, and refused.
 */
interface Statement {
  readonly type: string;
  readonly body?: readonly Statement[];
  readonly alternate?: readonly Statement[];
  readonly defaultBlock?: readonly Statement[];
}

const SILENT = new Set(['Set', 'Macro', 'Comment']);

/** Whether a `break` or `continue` may follow output of the same pass. */
export function losesOutput(statements: readonly Statement[]): boolean {
  return walk(statements, false).loses;
}

function walk(
  statements: readonly Statement[],
  before: boolean,
): { readonly written: boolean; readonly loses: boolean } {
  let written = before;
  let loses = false;
  for (const { type, body = [], alternate = [], defaultBlock = [] } of statements) {
    if (type === 'Break' || type === 'Continue') loses ||= written;
    else if (type === 'If') {
      const branches = [walk(body, written), walk(alternate, written)];
      loses ||= branches.some((branch) => branch.loses);
      written ||= branches.some((branch) => branch.written);
    } else {
      // Loops within, macros and blocks have passes of their own.
      loses ||= walk(body, false).loses || walk(defaultBlock, false).loses;
      written ||= !SILENT.has(type);
    }
  }
  return { written, loses };
}
