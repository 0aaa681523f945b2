/** The weights of the best epoch so far: a folder of the run where it has a directory, else a copy in memory. */
import type { Model } from '../model/model.js';

export class BestWeights {
  readonly #folderOf: ((epoch: number) => string) | undefined;
  #copy: Model | undefined;

  /** @param folderOf where the weights of an epoch lie; undefined keeps them in memory */
  constructor(folderOf: ((epoch: number) => string) | undefined) {
    this.#folderOf = folderOf;
  }

  async keep(model: Model, epoch: number): Promise<void> {
    if (this.#folderOf !== undefined) {
      await model.save(this.#folderOf(epoch), { carryFiles: false });
      return;
    }
    const former = this.#copy;
    this.#copy = await model.snapshot();
    await former?.dispose();
  }

  /** Gives `model` the weights that were kept for `epoch`, the last one kept. */
  async giveTo(model: Model, epoch: number): Promise<void> {
    await model.restore(this.#folderOf?.(epoch) ?? this.#copy!);
  }

  async dispose(): Promise<void> {
    await this.#copy?.dispose();
    this.#copy = undefined;
  }
}
