/** The demo's model: a small GPT-2, trained from scratch until it has memorized its corpus. */
import { Model } from '../../model/model.js';
import { type TrainEvent, type TrainResult, train } from '../../training/train.js';
import { type Corpus, toSequence } from './corpus.js';
import type { LedgerStep } from './ledger.js';
import { DEMO } from './settings.js';
import { MODELS, type Workshop } from './workshop.js';

const STATE = 'training-state';

export function trainModel(
  { at, tokenizer, seed, placement, signal }: Workshop,
  { trained }: Corpus,
): LedgerStep<TrainEvent, Omit<TrainResult, 'losses'>> {
  return {
    name: 'train',
    options: [DEMO.model, DEMO.training],
    outputs: [MODELS.before],
    scratch: [STATE],
    run: async function* () {
      const config = {
        model_type: 'gpt2',
        vocab_size: tokenizer.vocabularySize,
        bos_token_id: tokenizer.bosId,
        eos_token_id: tokenizer.eosId,
        ...DEMO.model,
      };
      await using model = await Model.create(config, { seed, ...placement });
      const sequences = trained.flatMap((document) => {
        const { tokens } = toSequence(document, tokenizer);
        return Array.from({ length: document.copies }, () => tokens);
      });
      const { losses: _, ...result } = yield* train(model, sequences, {
        ...DEMO.training,
        seed,
        stateDirectory: at(STATE),
        signal,
      });
      await model.save(at(MODELS.before), { tokenizer });
      return result;
    },
  };
}
