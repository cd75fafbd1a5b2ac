import { type EntityRef, type Holder, type HolderKey, holderRefs } from "@postern/core";

/** What a command touches that counts or ends the opt-outs resting on somebody or something. */
export function holderTouch(ref: EntityRef | HolderKey): string {
  return `holder:${ref}`;
}

/**
 * Two commands that could count or end the same opt-outs never share a batch; those of different holders do.
 */
export function holderTouches(holder: Holder): readonly string[] {
  return holderRefs(holder).map(holderTouch);
}
