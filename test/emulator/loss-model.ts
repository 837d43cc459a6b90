import type { Random } from "./random.ts";

/**
 * How a line loses packets; probabilities are 0 to 1. Gilbert-Elliott has a good and a bad state: before each packet
 * the state may change by `toBad` or `toGood`, then the packet is lost with that state's probability.
 */
export type LossModel =
  | { readonly kind: "none" }
  | { readonly kind: "random"; readonly probability: number }
  | {
      readonly kind: "gilbert-elliott";
      readonly toBad: number;
      readonly toGood: number;
      readonly lossWhenGood: number;
      readonly lossWhenBad: number;
    };

/** The share of packets that a model loses in the long run, 0 to 1. */
export function expectedLoss(model: LossModel): number {
  switch (model.kind) {
    case "none":
      return 0;
    case "random":
      return model.probability;
    case "gilbert-elliott": {
      const changes = model.toBad + model.toGood;
      const badShare = changes === 0 ? 0 : model.toBad / changes;
      return badShare * model.lossWhenBad + (1 - badShare) * model.lossWhenGood;
    }
  }
}

/** Decides packet by packet what a loss model loses; starts in the good state. */
export class LossProcess {
  readonly #model: LossModel;
  #isBad = false;

  constructor(model: LossModel) {
    this.#model = model;
  }

  losesNext(random: Random): boolean {
    const model = this.#model;
    switch (model.kind) {
      case "none":
        return false;
      case "random":
        return random.happens(model.probability);
      case "gilbert-elliott":
        if (random.happens(this.#isBad ? model.toGood : model.toBad)) this.#isBad = !this.#isBad;
        return random.happens(this.#isBad ? model.lossWhenBad : model.lossWhenGood);
    }
  }
}
