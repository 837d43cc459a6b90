import type { AeadSlots } from "./aead-slots.ts";
import { native } from "./native-binding.ts";

/** Keys in numbered slots, and the sealing and opening of batches under them. */
export type Aead = AeadSlots;

/** Makes an `Aead` with room for `capacity` keys (1 to 2^20). */
export const Aead: new (capacity: number) => AeadSlots = native.Aead;
