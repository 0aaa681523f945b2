/** The thread in which chat templates run: a stranger's program, which may not end, or eat all memory. */
import { Template } from '@huggingface/jinja';
import { losesOutput } from './lost-output.js';

export interface RenderTask {
  /** Jinja. */
  readonly source: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Templates by their source: parsed once, and not for each record. */
const parsed = new Map<string, Template>();

export default function render({ source, variables }: RenderTask): string {
  let template = parsed.get(source);
  if (template === undefined) {
    template = new Template(source);
    if (losesOutput(template.parsed.body))
      throw new Error('break or continue after output in a loop is not supported');
    parsed.set(source, template);
  }
  return template.render(variables);
}
