import type { KeptHead } from "@postern/service";

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
