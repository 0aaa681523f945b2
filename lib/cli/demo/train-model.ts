/** The demo's model: a small GPT-2, trained from scratch until it has memorized its corpus. */
import { Model } from '../../model/model.js';
import { type TrainEvent, type TrainResult, train } from '../../training/train.js';
import { type Corpus, toSequence } from './corpus.js';
import type { LedgerStep } from './ledger.js';
import { MODELS, type Workshop } from './workshop.js';

const STATE = 'training-state';

export function trainModel(
  { at, tokenizer, settings, seed, placement, signal }: Workshop,
  { trained }: Corpus,
): LedgerStep<TrainEvent, Omit<TrainResult, 'losses'>> {
  return {
    name: 'train',
    options: [settings.model, settings.training],
    outputs: [MODELS.before],
    scratch: [STATE],
    run: async function* () {
      const config = {
        model_type: 'gpt2',
        vocab_size: tokenizer.vocabularySize,
        bos_token_id: tokenizer.bosId,
        eos_token_id: tokenizer.eosId,
        ...settings.model,
      };
      await using model = await Model.create(config, { seed, ...placement });
      const sequences = trained.flatMap((document) => {
        const { tokens } = toSequence(document, tokenizer);
        return Array.from({ length: document.copies }, () => tokens);
      });
      const { losses: _, ...result } = yield* train(model, sequences, {
        ...settings.training,
        seed,
        stateDirectory: at(STATE),
        signal,
      });
      await model.save(at(MODELS.before), { tokenizer });
      return result;
    },
  };
}
