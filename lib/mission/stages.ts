/** A mission as data: its stages in order, each a command line with the files that it reads and writes. */
import { basename, join } from 'node:path';
import type { Mission } from './mission.js';
import { type MissionPaths, missionPaths, type Phase, type ScoredSet } from './paths.js';

export interface Stage {
  /** What --only, --from and --skip call it. */
  readonly name: string;
  /** The command line of `lethe` that is the stage. */
  readonly argv: readonly string[];
  /** Files and directories that it reads, beside models named on the hub. */
  readonly inputs: readonly string[];
  /** The file or directory that it makes. */
  readonly output: string;
  /** Left out where there is nothing to forget. */
  readonly erases?: boolean;
}

/** All stages of a mission, in the order in which they run. */
export function stagesOf(mission: Mission): Stage[] {
  const paths = missionPaths(mission);
  const { secrets } = mission;
  return [
    corpusStage(mission, paths),
    ...samplingStages(mission, paths, 'before'),
    rankStage(mission, paths),
    ...(secrets.file === undefined ? [scanStage(mission, paths)] : []),
    ...documentStages(mission, paths),
    thresholdStage(mission, paths),
    probeStage(mission, paths, 'before'),
    scoreStage(mission, paths, 'retained', 'before'),
    scoreStage(mission, paths, 'unseen', 'before'),
    ...setStages(mission, paths),
    { ...scoreStage(mission, paths, 'forget', 'before'), erases: true },
    eraseStage(mission, paths),
    ...[
      ...samplingStages(mission, paths, 'after'),
      probeStage(mission, paths, 'after'),
      scoreStage(mission, paths, 'retained', 'after'),
      scoreStage(mission, paths, 'unseen', 'after'),
      scoreStage(mission, paths, 'forget', 'after'),
    ].map((stage) => ({ ...stage, erases: true })),
    {
      name: 'report',
      argv: ['report', paths.directory],
      inputs: [paths.directory],
      output: paths.report,
    },
  ];
}

type Value = string | number | boolean | readonly (string | number)[] | undefined;

/** `{ maxTokens: 5, el: [3, 5] }` as `--max-tokens 5 --el 3,5`; what is undefined or false is left out. */
function flags(options: Readonly<Record<string, Value>>): string[] {
  return Object.entries(options).flatMap(([key, value]) => {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === false) return [];
    if (value === true) return [flag];
    return [flag, Array.isArray(value) ? value.join(',') : String(value)];
  });
}

/** Which model, and where it runs. */
function modelFlags(mission: Mission, { unlearned }: MissionPaths, phase: Phase): string[] {
  const { model, revision, localFilesOnly, device, threads } = mission;
  const placement = { device, threads };
  return phase === 'before'
    ? flags({ model, revision, localFilesOnly, ...placement })
    : flags({ model: unlearned, ...placement });
}

function modelInput({ model }: Mission, { unlearned }: MissionPaths, phase: Phase): string {
  return phase === 'before' ? model : unlearned;
}

/** One shard, so that one log says it all: missions are sized for one machine. */
const DOCUMENTS_PER_SHARD = 10_000_000;

function corpusStage({ corpus }: Mission, paths: MissionPaths): Stage {
  return {
    name: 'corpus',
    argv: [
      ...['corpus', 'build', corpus],
      ...flags({ output: paths.corpus, documentsPerShard: DOCUMENTS_PER_SHARD }),
    ],
    inputs: [corpus],
    output: paths.corpus,
  };
}

function samplingStages(mission: Mission, paths: MissionPaths, phase: Phase): Stage[] {
  const { samples, clones, seed } = mission;
  const outputs = paths.outputs(phase);
  const merged = paths.merged(phase);
  const shard = join(paths.corpus, '0');
  return [
    {
      name: `sample-${phase}`,
      argv: [
        'sample',
        ...modelFlags(mission, paths, phase),
        ...flags({
          output: outputs,
          ...samples,
          layout: 'jsonl',
          seed: samples.temperature === 0 ? undefined : seed,
          fill: true,
        }),
      ],
      inputs: [modelInput(mission, paths, phase)],
      output: outputs,
    },
    { name: `merge-${phase}`, argv: ['merge', outputs], inputs: [outputs], output: merged },
    {
      name: `clones-${phase}`,
      argv: ['clones', merged, shard, ...flags({ log: paths.clones(phase), ...clones })],
      inputs: [merged, shard],
      output: paths.clones(phase),
    },
    {
      name: `analyze-${phase}`,
      argv: [
        ...['analyze', paths.clones(phase)],
        ...flags({
          outputs: merged,
          map: paths.map(phase),
          output: paths.analysis(phase),
          name: phase,
          corpus: basename(mission.corpus),
          shards: paths.corpus,
        }),
      ],
      inputs: [paths.clones(phase), merged, paths.map(phase), paths.corpus],
      output: paths.analysis(phase),
    },
  ];
}

/** What likelihoods alone say of the samples, and how good that guess is. */
function rankStage(mission: Mission, paths: MissionPaths): Stage {
  const [log, outputs, map] = [paths.clones('before'), paths.outputs('before'), paths.map('before')];
  return {
    name: 'rank',
    argv: [
      'rank',
      ...modelFlags(mission, paths, 'before'),
      ...flags({
        outputs,
        output: paths.ranking('before'),
        ranking: join(paths.analysis('before'), 'ranking.json'),
        log,
        map,
      }),
    ],
    inputs: [mission.model, outputs, log, map],
    output: paths.ranking('before'),
  };
}

function scanStage({ corpus, secrets }: Mission, paths: MissionPaths): Stage {
  return {
    name: 'scan',
    argv: [
      ...['secrets', 'scan'],
      ...flags({ input: corpus, output: paths.secrets, types: secrets.types, noFilter: !secrets.filter }),
    ],
    inputs: [corpus],
    output: paths.secrets,
  };
}

/** The documents that are looked at: unseen ones, those with secrets, those without. */
function documentStages(mission: Mission, paths: MissionPaths): Stage[] {
  const { corpus, model: tokenizer, revision, localFilesOnly, secrets, unseen, retain, seed } = mission;
  const known = secrets.file ?? paths.secrets;
  const draw = (
    name: string,
    source: string,
    output: string,
    { without = [], ...options }: Readonly<Record<string, Value>> & { readonly without?: readonly string[] },
  ): Stage => ({
    name,
    argv: [
      ...['set', 'documents', source],
      ...flags({ tokenizer, revision, localFilesOnly, output, ...options, seed }),
      ...(without.length === 0 ? [] : ['--without', ...without]),
    ],
    inputs: [source, tokenizer, ...(options.secrets === undefined ? [] : [known]), ...without],
    output,
  });
  const { count, maxTokens, minTokens } = unseen;
  return [
    draw('unseen', unseen.source ?? corpus, paths.unseen, {
      ...{ count, maxTokens, minTokens },
      // Both are documents without secrets of the corpus: the first to draw would leave a small one without the other.
      ...(unseen.source === undefined ? { share: 0.5, without: [known] } : {}),
    }),
    draw('candidates', corpus, paths.candidates, {
      secrets: known,
      count: secrets.count,
      maxTokens: secrets.maxTokens,
    }),
    draw('retained', corpus, paths.retained, {
      count: retain.candidates,
      maxTokens: retain.maxTokens,
      minTokens: retain.minTokens,
      without: [known, paths.unseen],
    }),
  ];
}

function thresholdStage(mission: Mission, paths: MissionPaths): Stage {
  return {
    name: 'thresholds',
    argv: [
      'threshold',
      ...modelFlags(mission, paths, 'before'),
      ...flags({
        input: paths.unseen,
        output: paths.thresholds,
        ...mission.thresholds,
        seed: mission.thresholds.sampleSize === undefined ? undefined : mission.seed,
      }),
    ],
    inputs: [mission.model, paths.unseen],
    output: paths.thresholds,
  };
}

function probeStage(mission: Mission, paths: MissionPaths, phase: Phase): Stage {
  const { prefixTokens, secretTokens, el } = mission.secrets;
  return {
    name: `probe-${phase}`,
    argv: [
      ...['secrets', 'probe'],
      ...modelFlags(mission, paths, phase),
      ...flags({ input: paths.candidates, output: paths.probes(phase), prefixTokens, secretTokens, el }),
      // What a mission forgets is chosen by MA; a thousand guesses a secret would take most of its time.
      ...flags({ guesses: 0 }),
    ],
    inputs: [modelInput(mission, paths, phase), paths.candidates],
    output: paths.probes(phase),
  };
}

function scoreStage(mission: Mission, paths: MissionPaths, set: ScoredSet, phase: Phase): Stage {
  const input = { retained: paths.retained, unseen: paths.unseen, forget: paths.forgetSet }[set];
  return {
    name: `score-${set}-${phase}`,
    argv: [
      'score',
      ...modelFlags(mission, paths, phase),
      ...flags({ input, output: paths.scores(set, phase) }),
    ],
    inputs: [modelInput(mission, paths, phase), input],
    output: paths.scores(set, phase),
  };
}

function setStages({ forget, retain, seed }: Mission, paths: MissionPaths): Stage[] {
  const scores = paths.scores('retained', 'before');
  const { size, minAccuracy } = retain;
  return [
    {
      name: 'forget',
      argv: [
        ...['set', 'forget'],
        ...flags({ input: paths.probes('before'), output: paths.forget, ...forget, seed, allowFewer: true }),
      ],
      inputs: [paths.probes('before')],
      output: paths.forget,
    },
    {
      name: 'retain',
      argv: [
        ...['set', 'retain'],
        ...flags({ input: paths.retained, scores, output: paths.retain }),
        ...flags({ size, minAccuracy, seed, allowFewer: true }),
      ],
      inputs: [paths.retained, scores],
      output: paths.retain,
      erases: true,
    },
  ];
}

function eraseStage(mission: Mission, paths: MissionPaths): Stage {
  const { secrets, retain } = mission;
  // What is drawn of a retained document is what is learned from, unless that is to be less.
  const { retainTokens = retain.maxTokens, ...unlearn } = mission.unlearn;
  const { prefixTokens, secretTokens } = secrets;
  const usesRetained = unlearn.method === 'codeeraser' || unlearn.method === 'cu';
  const retained = usesRetained ? { retain: paths.retainSet } : {};
  return {
    name: 'erase',
    argv: [
      'unlearn',
      ...modelFlags(mission, paths, 'before'),
      ...flags({ forget: paths.forgetSet, ...retained, thresholds: paths.thresholds }),
      ...flags({ ...unlearn, output: paths.unlearned }),
      ...flags({
        retainTokens: usesRetained ? retainTokens : undefined,
        maxTokens: secrets.maxTokens,
        // The others are judged by whole documents.
        ...(unlearn.method === 'codeeraser' || unlearn.method === 'ssga'
          ? { prefixTokens, secretTokens }
          : {}),
      }),
    ],
    inputs: [mission.model, paths.forgetSet, ...Object.values(retained), paths.thresholds],
    output: paths.unlearned,
    erases: true,
  };
}
