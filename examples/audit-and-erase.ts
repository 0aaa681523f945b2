// Audits a model of your own and makes it forget: npx tsx examples/audit-and-erase.ts MODEL CORPUS UNSEEN OUTPUT [K] [RATE]
import * as lethe from 'lethe';

const [directory = '', corpus = '', unseen = '', output = '', k = '32', rate = '3e-6'] =
  process.argv.slice(2);
const tokenizer = await lethe.Tokenizer.load(directory);
await using model = await lethe.Model.load(directory);
const whole = { maxTokens: Math.min(512, model.contextLength), addSpecialTokens: true };
const encode = (id: string, text: string) => ({ id, tokens: tokenizer.encode(text, whole).tokens });

// What does it write that stands in the corpus?
const documents: lethe.ScannedDocument[] = [];
for await (const { id, text } of lethe.readDocuments(corpus))
  documents.push({ id, text, secrets: lethe.filterSecrets(lethe.scanSecrets(text)) });
const shard = await lethe.buildShard(documents, `${output}/corpus`);
const sampling = { count: 64, maxTokens: whole.maxTokens - 1, directory: `${output}/outputs` };
await lethe.drain(lethe.runCampaign(model, tokenizer, sampling));
const outputs = (await lethe.mergeOutputs(sampling.directory)).files.map((file) => file.mergedPath);
const clones = await lethe.drain(lethe.detectClones({ outputs, shards: [shard.path] }));

// Which secrets does it know by heart, and what else?
const masked = lethe.maskDocuments(documents, tokenizer, { maxTokens: whole.maxTokens });
const known = (await lethe.drain(lethe.measureSecrets(model, masked))).perExample;
const count = (mask: Uint8Array) => mask.filter(Boolean).length;
const found = masked.map((it, i) => ({ ...it, ...known[i]!.mean, secretTokens: count(it.mask) }));
const forget = lethe.selectForgetSet(found, { size: Number(k) }).groups[0]!;
const plain = documents.filter(({ secrets }) => secrets.length === 0).map(({ id, text }) => encode(id, text));
const sequences = plain.map(({ tokens }) => tokens);
const learned = (await lethe.drain(lethe.measureMemorization(model, sequences, { el: [] }))).perExample;
const kept = plain.map((it, i) => ({ ...it, ...learned[i]! }));
const retain = lethe.selectRetainSet(kept, { size: Number(k) });

// Erase until it knows the secrets no better than code that it never saw.
const never: Int32Array[] = [];
for await (const it of lethe.readDocuments(unseen)) never.push(encode(it.id, it.text).tokens.slice(0, 128));
const thresholds = await lethe.drain(lethe.computeThresholds(model, never));
const options = { objective: lethe.codeEraser(), forget, retain, thresholds, learningRate: Number(rate) };
const { history, best } = await lethe.drain(lethe.unlearn(model, options));
await model.save(`${output}/unlearned`, { tokenizer });
console.log(JSON.stringify({ clones: clones.groups.length, thresholds, before: history[0], after: best }));
