import type { Device } from "@postern/core";
import { holderTouch, holderTouches } from "../opt-outs/touches.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { endOptOuts } from "../states/states.ts";

type Cause = Extract<DraftEvent["event"], { readonly type: "device.revoked" }>["cause"];

/**
 * What ends with the trust in a device, in one commit: the opt-outs that stand on it and, unless it only turned out to
 * be shared, the sessions on it. `keep` is the session of whoever does it.
 */
export function deviceRevocation(
  state: Pick<State, "optOuts" | "sessionsOf">,
  device: Device,
  by: DraftEvent["by"],
  cause: Cause,
  keep: string | null = null,
): readonly DraftEvent[] {
  const sessions =
    cause === "person" || cause === "operator"
      ? state
          .sessionsOf(device.subject)
          .filter((one) => one.device === device.id && one.revokedAt === null && one.id !== keep)
      : [];
  return [
    { by, event: { type: "device.revoked", device: device.id, cause } },
    ...endOptOuts(state, device.id, by, ({ holder }) => holder.kind === "device"),
    ...sessions.map(
      ({ id }): DraftEvent => ({
        by,
        event: {
          type: "session.revoked",
          session: id,
          cause: cause === "person" || cause === "operator" ? cause : "operator",
        },
      }),
    ),
  ];
}

/** What two commands that could end the same things touch. */
export function deviceTouches(state: Pick<State, "optOuts">, { id, subject }: Device): readonly string[] {
  const holders = state.optOuts.about(id).flatMap(({ holder }) => holderTouches(holder));
  return [...new Set([holderTouch(id), holderTouch(subject), ...holders])];
}
