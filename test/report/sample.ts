/** A small report in which every section has something to show, hostile text included. Figures are by hand. */
import type { ReportInput } from '../../lib/report/input.js';

export const TOKEN = 'ghp_0123456789abcdefABCDEF';
export const EMAIL = 'ada@northwind.example';
export const HOSTILE = '</script><img src=x onerror="alert(1)">\u202e\u0000';

const text = `const token = '${TOKEN}';\n`;

export function sampleReport(changes: Partial<ReportInput> = {}): ReportInput {
  return {
    version: 1,
    run: {
      title: 'A small run',
      createdAt: '2025-11-03T14:05:00Z',
      command: 'lethe demo --seed 42',
      seed: 42,
      versions: { lethe: '0.1.0' },
      steps: [
        { name: 'train', seconds: 30 },
        { name: 'erase', seconds: 10 },
      ],
      peakMemoryBytes: 1_200_000_000,
      device: 'cpu',
    },
    model: {
      name: 'tiny',
      architecture: 'gpt2',
      parameters: 1_234_567,
      digestBefore: 'a'.repeat(64),
      digestAfter: 'b'.repeat(64),
    },
    thresholds: {
      memorizationAccuracy: 0.4,
      extractionLikelihood: { 3: 0.2, 10: 0.05 },
      sequences: 20,
      source: 'Unseen files.',
    },
    unlearning: {
      method: 'CodeEraser',
      forget: [
        { loss: 'nll', tokens: 'secret', weight: -1 },
        { loss: 'nll', tokens: 'context', weight: 0.1 },
        { loss: 'kl', tokens: 'secret', weight: -0.1 },
      ],
      retain: [{ loss: 'kl', tokens: 'all', weight: 0.1 }],
      schedule: 'alternate',
      hyperparameters: { learningRate: 0.000003 },
      forgetDocuments: 2,
      retainDocuments: 2,
      course: [
        { epoch: 0, memorizationAccuracy: 1, extractionLikelihood: 1, forgetLoss: null, retainLoss: null },
        { epoch: 1, memorizationAccuracy: 0.6, extractionLikelihood: null, forgetLoss: -0.5, retainLoss: 0 },
        {
          epoch: 2,
          memorizationAccuracy: 0.1,
          extractionLikelihood: 0,
          forgetLoss: -2,
          retainLoss: 0.01,
        },
      ],
      stop: { epoch: 2, reason: 'Both were below.' },
    },
    summary: {
      secrets: {
        count: 2,
        memorizationAccuracy: { before: 1, after: 0.1 },
        extractionLikelihood: { 3: { before: 1, after: 0.05 }, 10: { before: 1, after: 0 } },
      },
      retained: {
        documents: 3,
        tokens: 300,
        loss: { before: 0.5, after: 0.51 },
        memorizationAccuracy: { before: 0.9, after: 0.89 },
      },
      unseen: {
        documents: 3,
        tokens: 300,
        loss: { before: 3, after: 3 },
        memorizationAccuracy: { before: 0.4, after: 0.4 },
      },
    },
    secrets: [
      {
        document: `evil/${HOSTILE}.py`,
        tag: 'KEY',
        type: 'GitHub token',
        value: TOKEN,
        tokens: 10,
        forget: true,
        memorizationAccuracy: { before: 1, after: 0.2 },
        extractionLikelihood: { 3: { before: 1, after: 0.1 }, 10: { before: 1, after: 0 } },
        completion: { before: TOKEN, after: `ghp_01${HOSTILE}` },
      },
      {
        document: 'mail.py',
        tag: 'EMAIL',
        type: 'E-mail address',
        value: EMAIL,
        tokens: 6,
        forget: true,
        memorizationAccuracy: { before: 1, after: 0 },
        extractionLikelihood: { 3: { before: 1, after: 0 }, 10: { before: 1, after: 0 } },
        completion: { before: EMAIL, after: null },
      },
    ],
    documents: [
      {
        id: 'token.js',
        role: 'forget',
        text,
        // const| token| =| '|ghp_0123456789|abcdefABCDEF|';\n
        offsets: [0, 5, 5, 11, 11, 13, 13, 15, 15, 29, 29, 41, 41, 44],
        before: { logprobs: [-0.1, -0.1, -0.1, -0.01, -0.01, -0.2], hits: [1, 1, 1, 1, 1, 1] },
        after: { logprobs: [-0.1, -0.1, -0.1, -9, null, -0.2], hits: [1, 1, 1, 0, 0, 1] },
        secrets: [{ start: 15, end: 41, type: 'GitHub token' }],
      },
    ],
    clones: {
      threshold: 6,
      corpus: { documents: 5, lines: 100 },
      sampling: '4 outputs',
      before: { outputs: 4, memorizedOutputs: 2, blocks: 1, lengths: [[6, 1]] },
      after: { outputs: 4, memorizedOutputs: 1, blocks: 1, lengths: [[6, 1]] },
      blocks: [
        {
          fingerprint: 'f0',
          lines: 6,
          text: `a\n${TOKEN}\n${HOSTILE}\nd\ne\nf`,
          outputs: { before: 3, after: 1 },
          corpus: 2,
          sources: [{ document: 'token.js', startLine: 1, endLine: 6 }],
        },
      ],
      outputs: [
        {
          id: '0',
          phase: 'before',
          text: `x\na\n${TOKEN}\n${HOSTILE}\nd\ne\nf`,
          spans: [
            {
              startLine: 2,
              endLine: 7,
              fingerprint: 'f0',
              sources: [{ document: 'token.js', startLine: 1, endLine: 6 }],
            },
          ],
        },
        { id: '1', phase: 'after', text: 'nothing', spans: [] },
      ],
      documents: [{ id: 'token.js', licence: 'MIT', text: `a\n${TOKEN}\n${HOSTILE}\nd\ne\nf\n` }],
    },
    notes: [`A note with ${HOSTILE}`],
    ...changes,
  };
}
