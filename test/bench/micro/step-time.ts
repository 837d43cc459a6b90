/** What a step took for one packet, in one sample. The core's steps are those in TypeScript. */
export type StepTime = { readonly step: string; readonly isCore: boolean; readonly nanoseconds: number };
