// draft-ietf-ccwg-bbr, "Estimating When Startup has Filled the Pipe".
const FULL_GROWTH = 1.25;
const FLAT_ROUNDS = 3;

// A round in which much less was sent says nothing.
const NEARLY = 0.8;

/** Tells when doubling the rate has come to its end: the line is full, or nobody wants more. */
export class StartWatch {
  #flatRounds = 0;

  /** Begins anew. */
  restart(): void {
    this.#flatRounds = 0;
  }

  /** Takes what a round has proven the line to carry and what was known before, in bytes per second; true at the end. */
  isOver(proven: number, known: number): boolean {
    if (proven >= FULL_GROWTH * known) this.#flatRounds = 0;
    else if (proven >= NEARLY * known) this.#flatRounds++;
    return this.#flatRounds >= FLAT_ROUNDS;
  }
}
