import type { KeptEnd, KeptEnds, KeptHead } from "@postern/service";

/** The kept head of a test: it survives the database, as the file beside it does. */
export function keptInMemory(): KeptHead {
  let kept: string | null = null;
  return {
    read: async () => kept,
    async write(note) {
      kept = note;
    },
  };
}

/** The same for what ended. */
export function endsInMemory(): KeptEnds {
  const kept: KeptEnd[] = [];
  return {
    async append(ends) {
      kept.push(...ends);
    },
    read: async () => (kept.length === 0 ? null : { ends: [...kept], torn: false }),
  };
}
