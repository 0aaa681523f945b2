/**
 * Lethe's public API, in the order of the work: load, read, sample, find clones, measure, find secrets, choose sets,
 * train, unlearn, report. Long work is an async generator of typed events; `drain` is its promise form.
 */

export { type BuildCorpusEvent, type BuildCorpusOptions, buildCorpus } from './clones/corpus/build.js';
export { buildShard, type ShardResult } from './clones/corpus/shard.js';
export { type LineSpan, locate, type OutputEntry, readOutputsMap } from './clones/log/locate.js';
export {
  type CloneGroup,
  type CloneOccurrence,
  type CloneTotals,
  formatCloneLog,
  readCloneGroups,
  readCloneLog,
} from './clones/log/log.js';
export type { CloneLogFormat } from './clones/log/log-format.js';
export {
  type MergeCloneLogsOptions,
  type MergeCloneLogsResult,
  mergeCloneLogs,
} from './clones/log/merge-logs.js';
export {
  type CloneReport,
  type DetectClonesEvent,
  type DetectClonesOptions,
  type DetectClonesResult,
  detectClones,
  type FailedShard,
} from './clones/search/detect.js';
export {
  type DetectSpansEvent,
  type DetectSpansOptions,
  type DetectSpansResult,
  detectSpans,
} from './clones/spans/search-spans.js';
export { mergeSpanLogs, readSpanLog } from './clones/spans/span-log.js';
export type { Span, SpanOccurrence, SpanReport, SpanTotals } from './clones/spans/span-report.js';
export { type CorpusManifest, type CorpusShard, readCorpusManifest } from './data/corpus/manifest.js';
export { readShardMap, type ShardEntry } from './data/corpus/shard-map.js';
export { digestDirectory, digestFile, digestPath, digestText } from './data/digest.js';
export { type Document, type ReadDocumentsOptions, readDocuments } from './data/documents.js';
export { type Dataset, type DatasetFile, resolveDataset } from './data/hub/dataset.js';
export { type ResolveModelEvent, type ResolveModelOptions, resolveModel } from './data/hub/hub.js';
export type { LeftOutReason, LeftOutRecord, OnLeftOut } from './data/left-out.js';
export { digestModel, type ModelDigest, modelDirectories } from './data/model-digest.js';
export { openResumableJsonLines, type ResumableJsonLines } from './data/outputs/resumable-json-lines.js';
export { type RunManifest, readRunManifest, writeRunManifest } from './data/outputs/run-manifest.js';
export { createRunRecorder, type RunRecorder, type RunRecorderOptions } from './data/outputs/run-recorder.js';
export { readJsonLines, writeJsonLines } from './data/text/json-lines.js';
export {
  AbortedError,
  type ErrorCode,
  InputError,
  LetheError,
  type LetheErrorOptions,
  NativeError,
} from './errors.js';
export { writeFileAtomic } from './files.js';
export {
  type AnalyzeEvent,
  type AnalyzeOptions,
  type AnalyzeResult,
  analyzeClones,
} from './memorization/analysis/analyze.js';
export { categorize } from './memorization/analysis/categories.js';
export {
  type Analysis,
  type Category,
  type FingerprintRecord,
  type OutputRecord as AnalysedOutputRecord,
  readAnalysedOutputs,
  readAnalysis,
  readFingerprints,
} from './memorization/analysis/summary.js';
export { type BleuText, sentenceBleu } from './memorization/bleu.js';
export {
  type Continuation,
  type MeasureContinuationsOptions,
  measureContinuations,
} from './memorization/continuation.js';
export {
  CURVE_PREFIXES,
  type CurvePoint,
  type MeasureExtractionOptions,
  measureExtraction,
  type SecretExtraction,
  samplesUntil,
} from './memorization/extraction.js';
export { type LossResult, type MeasureLossOptions, measureLoss } from './memorization/loss.js';
export {
  type MeasureMemorizationOptions,
  type MemorizationResult,
  measureMemorization,
} from './memorization/measure.js';
export {
  type MeasureSecretsOptions,
  measureSecrets,
  type SecretDocument,
  type SecretDocumentMeasurement,
  type SecretMeasurement,
  type SecretSpan,
  type SecretsResult,
} from './memorization/measure-secrets.js';
export { type OutputSource, type OutputText, openOutputs } from './memorization/ranking/outputs.js';
export { judgeScore } from './memorization/ranking/quality.js';
export { type RankedOutputs, rankOutputs } from './memorization/ranking/rank.js';
export {
  type RankedOutput,
  type Ranking,
  SCORE_NAMES,
  type ScoredOutput,
  type ScoreName,
  type ScoreQuality,
} from './memorization/ranking/records.js';
export {
  type RankingModel,
  type ScoreOutputsEvent,
  type ScoreOutputsOptions,
  scoreOutputs,
} from './memorization/ranking/score-outputs.js';
export { type ReadVerdictsOptions, readVerdicts, type Verdicts } from './memorization/ranking/verdicts.js';
export type { Memorization } from './memorization/region.js';
export {
  type ComputeThresholdsOptions,
  computeThresholds,
  type Thresholds,
  type ThresholdsResult,
} from './memorization/thresholds.js';
export { type AdapterConfig, readAdapterConfig } from './model/adapters/adapter-config.js';
export { type ModelPlace, placeOf } from './model/adapters/model-place.js';
export { type GenerationConfig, readGenerationConfig } from './model/decoding/generation-config.js';
export {
  type CreateModelOptions,
  type EncodeOptions,
  type GenerateOptions,
  type GenerateRow,
  type Generation,
  type GenerationEvent,
  type LoadModelOptions,
  Model,
  type Sampler,
  type SaveModelOptions,
  type Score,
  type ScoreOptions,
  type Tokens,
  type TrainingSequence,
  type TrainStepOptions,
} from './model/model.js';
export { type AddPadTokenOptions, addPadToken, type PadTokenResult } from './model/pad-token.js';
export {
  type DecodeOptions,
  type EncodeOptions as TokenizeOptions,
  type Encoding,
  Tokenizer,
} from './model/tokenizer/tokenizer.js';
export type { DType, NativeTerm, OptimizerSettings, TrainStepResult } from './native/contract.js';
export { type DoctorReport, examine } from './native/doctor.js';
export { findLibtorch, type Libtorch } from './native/libtorch.js';
export { loadAddon } from './native/load.js';
export { type InstallLibtorchOptions, installLibtorch } from './native/provision.js';
export { drain, type ProgressEvent } from './progress.js';
export { deriveSeed, Random } from './random.js';
export type { ReportInput } from './report/input.js';
export { parseReportInput } from './report/input-schema.js';
export { redactReport, type SecretDisplay } from './report/mask.js';
export type { MemorizationInput } from './report/memorization/input.js';
export { readMemorization } from './report/memorization/read.js';
export { renderMemorization } from './report/memorization/render.js';
export { readReport } from './report/read.js';
export { type RenderReportOptions, renderReport } from './report/render.js';
export { judge, type Verdict } from './report/verdict.js';
export {
  type CampaignEvent,
  type CampaignOptions,
  type CampaignResult,
  type PromptCampaignsOptions,
  type PromptCampaignsResult,
  runCampaign,
  runPromptCampaigns,
} from './sampling/campaign.js';
export { type CampaignModel, identifyModel } from './sampling/campaign-model.js';
export { functionPrompt } from './sampling/function-prompt.js';
export {
  type MapEntry,
  type MergedFile,
  type MergeOptions,
  type MergeResult,
  mergeOutputs,
  runMerge,
} from './sampling/merge.js';
export {
  type LogProbsRecord,
  listOutputs,
  type OutputLayout,
  type OutputRecord,
  outputPath,
  readOutputs,
} from './sampling/output-directory.js';
export {
  type ReadFunctionPromptsOptions,
  readFunctionPrompts,
  readHashedPrompt,
} from './sampling/prompts.js';
export { filterSecrets } from './secrets/filter.js';
export {
  type GuessRankOptions,
  type GuessSubject,
  measureGuessRank,
} from './secrets/guessing/guess-rank.js';
export { type Drawer, drawerLike } from './secrets/guessing/random-like.js';
export { type RedactOptions, redactSecrets } from './secrets/masking/redact.js';
export { type ScanOptions, scanSecrets } from './secrets/scan.js';
export {
  type ScanDocumentsOptions,
  type ScanEvent,
  type ScanSummary,
  scanDocuments,
} from './secrets/scan-documents.js';
export type { ScannedDocument, Secret, SecretTag } from './secrets/secret.js';
export {
  type MaskDocumentsOptions,
  type MaskedDocument,
  type MaskOptions,
  maskDocuments,
  maskTokens,
  type TokenMask,
} from './secrets/token-mask.js';
export { type CheckedDocument, type Collision, Collisions } from './sets/collisions.js';
export {
  type ForgetCandidate,
  type ForgetSelection,
  type RetainCandidate,
  type SelectForgetSetOptions,
  type SelectRetainSetOptions,
  selectForgetSet,
  selectRetainSet,
} from './sets/forget-set.js';
export { type SplitHoldoutOptions, splitHoldout } from './sets/holdout.js';
export type { PlantKind } from './sets/made-up-secrets.js';
export {
  type NearDuplicate,
  NearDuplicates,
  type NearDuplicatesOptions,
} from './sets/near-duplicates.js';
export { type PlantSecretsOptions, type PlantSecretsResult, plantSecrets } from './sets/plant-secrets.js';
export { readSet, type SetRecord, writeSet } from './sets/set-file.js';
export {
  type CleanUnseenOptions,
  cleanUnseen,
} from './sets/unseen.js';
export { type LearningRateSchedule, learningRateAt } from './training/schedule.js';
export { type TrainEvent, type TrainOptions, type TrainResult, train } from './training/train.js';
export {
  codeEraser,
  constrained,
  gradientAscent,
  type Objective,
  type ObjectiveTerm,
  type SelectiveOptions,
  selectiveAscent,
} from './unlearning/objectives.js';
export type { UnlearnEpoch, UnlearnEvent, UnlearnOptions, UnlearnResult } from './unlearning/options.js';
export type { UnlearningDocument } from './unlearning/plan.js';
export type { Evaluation, UnlearnStopReason } from './unlearning/stop-rule.js';
export { unlearn } from './unlearning/unlearn.js';
