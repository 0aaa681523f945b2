/** A model that is loaded when a step needs it: in a resumed run many steps do not. */
import { type LoadModelOptions, Model } from '../../model/model.js';

export class LazyModel implements AsyncDisposable {
  #model: Model | undefined;

  constructor(
    readonly directory: string,
    private readonly placement: LoadModelOptions,
  ) {}

  async get(): Promise<Model> {
    this.#model ??= await Model.load(this.directory, this.placement);
    return this.#model;
  }

  async dispose(): Promise<void> {
    await this.#model?.dispose();
    this.#model = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
