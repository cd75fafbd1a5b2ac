import type { Actor, Result } from "@postern/core";
import type { Problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import { revocations } from "./revocations.ts";

/** How many endings one commit takes. */
const MOST_AT_ONCE = 256;

/** Ends every session that is not ended yet: nobody knows any more which of them are over. */
export async function endUnknown(
  { state, writer }: { readonly state: State; readonly writer: Writer },
  by: Actor,
): Promise<Result<null, Problem>> {
  const all = [...state.sessions()].flatMap(({ id, revokedAt }) => (revokedAt === null ? [id] : []));
  for (let at = 0; at < all.length; at += MOST_AT_ONCE) {
    const some = all.slice(at, at + MOST_AT_ONCE);
    const written = await writer.submit<null>({
      by,
      touches: some.map((id) => `session:${id}`),
      run: (now) => ({
        ok: true,
        value: {
          events: revocations(
            some.flatMap((id) => now.session(id) ?? []),
            by,
            "operator",
          ),
          done: () => null,
        },
      }),
    });
    if (!written.ok) return written;
  }
  return { ok: true, value: null };
}
