import type { World } from "@postern/service";

/** How soon what many entries changed is looked at, once. */
const SETTLE_MS = 25;
/** How many are looked at before others have their turn. */
const SLICE = 100;
/** The rest after a round, in lengths of that round: many windows take no more than a tenth of the deciding thread. */
const RESTS = 9;

/** Looks at all there are, one after the other, each time that it is begun; what begins a round within one begins the next. */
export function rounds<One>(
  all: () => Iterator<One>,
  world: Pick<World, "after" | "monotonic">,
  look: (one: One) => void,
): { readonly begin: () => void; readonly stop: () => void } {
  let cancel: (() => void) | null = null;
  let under = false;
  let again = false;
  let took = 0;

  const slice = (rest: Iterator<One>, began: number): void => {
    for (let count = 0; count < SLICE; count++) {
      const next = rest.next();
      if (next.done === true) {
        cancel = world.after(0, () => end(began));
        return;
      }
      look(next.value);
    }
    cancel = world.after(0, () => slice(rest, began));
  };
  const end = (began: number): void => {
    took = world.monotonic() - began;
    under = false;
    if (again) begin();
  };
  const begin = (): void => {
    again = under;
    if (under) return;
    under = true;
    cancel = world.after(Math.max(SETTLE_MS, took * RESTS), () => {
      again = false;
      slice(all(), world.monotonic());
    });
  };
  return { begin, stop: () => cancel?.() };
}
