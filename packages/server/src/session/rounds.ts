import type { World } from "@postern/service";

/** How soon what many entries changed is looked at, once. */
const SETTLE_MS = 25;
/** How many are looked at before others have their turn. */
const SLICE = 100;
/** The rest after a round, in lengths of that round: many windows take no more than a tenth of the deciding thread. */
const RESTS = 9;
/** A slice that seems to take longer was held up: the process stood still. Nobody waits nine times that long for news. */
const LONGEST_SLICE_MS = 100;

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

  const slice = (rest: Iterator<One>): void => {
    const began = world.monotonic();
    const looked = (next: () => void): void => {
      cancel = world.after(0, () => {
        took += Math.min(LONGEST_SLICE_MS, world.monotonic() - began);
        next();
      });
    };
    for (let count = 0; count < SLICE; count++) {
      const next = rest.next();
      if (next.done === true) {
        looked(end);
        return;
      }
      look(next.value);
    }
    looked(() => slice(rest));
  };
  const end = (): void => {
    under = false;
    if (again) begin();
  };
  const begin = (): void => {
    again = under;
    if (under) return;
    under = true;
    cancel = world.after(Math.max(SETTLE_MS, took * RESTS), () => {
      again = false;
      took = 0;
      slice(all());
    });
  };
  return { begin, stop: () => cancel?.() };
}
