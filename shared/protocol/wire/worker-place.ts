/** One of several workers behind one UDP port, counted from 0. */
export type WorkerPlace = { readonly number: number; readonly count: number };

/** The place of a worker that is alone. */
export const ONLY_WORKER: WorkerPlace = { number: 0, count: 1 };
