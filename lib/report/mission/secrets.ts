/** The secrets of a mission's report: what was probed before, and after if there was an after. */
import * as z from 'zod';
import { recordIdSchema } from '../../data/record-id.js';
import { readJsonLines } from '../../data/text/json-lines.js';
import { exists } from '../../files.js';
import type { MissionPaths } from '../../mission/paths.js';
import type { BeforeAfter, Measured, ReportSecret, ReportSummary } from '../input.js';

const share = z.number().min(0).max(1).nullable();

const probeSchema = z.looseObject({
  id: recordIdSchema.transform(String),
  secrets: z.array(
    z.looseObject({
      // And el3, el5, ...: which there are, the mission says.
      ma: share,
      tag: z.string(),
      type: z.string(),
      value: z.string(),
      first: z.int().min(0),
      last: z.int().min(0),
      completion: z.string(),
    }),
  ),
});
type Probe = z.infer<typeof probeSchema>;

/** @param forget ids of the documents in the forget set */
export async function readSecrets(
  paths: MissionPaths,
  el: readonly number[],
  forget: ReadonlySet<string>,
): Promise<ReportSecret[]> {
  const before = await readProbes(paths.probes('before'));
  const after = new Map((await readProbes(paths.probes('after'))).map((probe) => [probe.id, probe]));
  return before.flatMap(({ id, secrets }) =>
    secrets.map((secret, i): ReportSecret => {
      const again = after.get(id)?.secrets[i];
      const { tag, type, value, first, last } = secret;
      return {
        document: id,
        tag,
        type,
        value,
        tokens: last - first + 1,
        forget: forget.has(id),
        memorizationAccuracy: { before: secret.ma, after: again?.ma ?? null },
        extractionLikelihood: Object.fromEntries(
          el.map((n) => [n, { before: likelihood(secret, n), after: likelihood(again, n) }]),
        ),
        completion: { before: secret.completion, after: again?.completion ?? null },
      };
    }),
  );
}

async function readProbes(path: string): Promise<Probe[]> {
  const probes: Probe[] = [];
  if (await exists(path)) for await (const probe of readJsonLines(path, probeSchema)) probes.push(probe);
  return probes;
}

function likelihood(secret: Probe['secrets'][number] | undefined, n: number): Measured {
  return share.catch(null).parse(secret?.[`el${n}`] ?? null);
}

/** As unlearning evaluates: a document with many secrets weighs no more than another. */
export function summarizeSecrets(
  secrets: readonly ReportSecret[],
  el: readonly number[],
): ReportSummary['secrets'] {
  if (secrets.length === 0) return undefined;
  return {
    count: secrets.length,
    memorizationAccuracy: meanOverDocuments(secrets, (secret) => secret.memorizationAccuracy),
    extractionLikelihood: Object.fromEntries(
      el.map((n) => [n, meanOverDocuments(secrets, (secret) => secret.extractionLikelihood[n]!)]),
    ),
  };
}

function meanOverDocuments(
  secrets: readonly ReportSecret[],
  figure: (secret: ReportSecret) => BeforeAfter,
): BeforeAfter {
  const documents = new Map<string, BeforeAfter[]>();
  for (const secret of secrets)
    documents.set(secret.document, [...(documents.get(secret.document) ?? []), figure(secret)]);
  return meanOf([...documents.values()].map(meanOf));
}

/** Means of what could be measured. */
function meanOf(pairs: readonly BeforeAfter[]): BeforeAfter {
  const mean = (values: readonly Measured[]): Measured => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return { before: mean(pairs.map(({ before }) => before)), after: mean(pairs.map(({ after }) => after)) };
}
