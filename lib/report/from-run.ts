/** What a report says of any run that has a record: the run itself, and its model. */
import type { RunManifest } from '../data/outputs/run-manifest.js';
import { readArchitecture } from '../model/weights/checkpoint.js';
import { countParameters } from '../model/weights/layout.js';
import type { ReportModel, ReportRun } from './input.js';

/** What every run record says of its run. */
export function reportRun(title: string, manifest: RunManifest): ReportRun {
  const { command, inputs, finishedAt, seed, versions, steps, peakMemoryBytes } = manifest;
  return {
    title,
    createdAt: finishedAt,
    command: [`lethe ${command}`, ...inputs.map(({ path }) => path)].join(' '),
    ...(typeof seed === 'number' ? { seed } : {}),
    versions,
    steps: steps.map(({ name, seconds }) => ({ name, seconds })),
    peakMemoryBytes,
  };
}

/** A model whose shape is that of the checkpoint in `directory`. */
export async function reportModel(
  directory: string,
  named: Pick<ReportModel, 'name' | 'digestBefore' | 'digestAfter'>,
): Promise<ReportModel> {
  const { config, spec, layout } = await readArchitecture(directory);
  return {
    name: named.name,
    architecture: String(config.model_type),
    parameters: countParameters(layout),
    vocabularySize: spec.vocabularySize,
    contextLength: spec.contextLength,
    digestBefore: named.digestBefore,
    digestAfter: named.digestAfter,
  };
}
