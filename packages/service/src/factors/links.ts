import {
  type EntityName,
  type Factor,
  factorStands,
  formatInstant,
  type Result,
  reachOf,
  refuse,
  restsOn,
  type SubjectRef,
} from "@postern/core";
import { needScope, notFound } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { FactorService } from "../service.ts";
import { revocations } from "../sessions/revocations.ts";
import { endedWithStates, lostStates, statesOf } from "../states/states.ts";
import type { FactorView } from "../views.ts";
import { liveFactors } from "./authority.ts";
import { openFactor } from "./box.ts";
import type { FactorParts } from "./factor-parts.ts";

/** The identity providers by which an account is signed in to, for an administrator. */
export function links(parts: FactorParts): Pick<FactorService, "issuerOf" | "linksOf" | "unlink"> {
  const { state, writer, directory, clock } = parts;

  const view = (factor: Factor): FactorView => {
    const opened = openFactor(parts, factor);
    return {
      id: factor.id,
      kind: factor.kind,
      label: opened?.label ?? "",
      enrolledAt: formatInstant(factor.enrolledAt),
      usedAt: factor.usedAt === null ? null : formatInstant(factor.usedAt),
      evidence: null,
      left: null,
      issuer: opened?.kind === "upstream" ? opened.issuer : null,
    };
  };

  return {
    issuerOf(id) {
      const factor = state.factor(id);
      return factor === undefined ? null : view(factor).issuer;
    },
    linksOf(caller: Caller, name: EntityName) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const entity = directory.find(name);
      if (entity === undefined) return notFound("entity", `${name.type}/${name.id}`);
      const live = liveFactors(state, entity.ref, clock.now().latest);
      return { ok: true, value: live.filter(({ kind }) => kind === "upstream").map(view) };
    },
    async unlink(caller, name, id) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const entity = directory.find(name);
      if (entity === undefined) return notFound("entity", `${name.type}/${name.id}`);
      const by = actorOf(caller);
      return await writer.submit({
        by,
        touches: [`entity:${entity.blind}`, holderTouch(entity.ref)],
        run(now, at): Result<Draft<null>, Problem> {
          const factor = now.factor(id);
          if (factor === undefined || factor.subject !== entity.ref || factor.kind !== "upstream")
            return notFound("factor", id);
          if (!factorStands(factor, at)) return notFound("factor", id);
          const rest = liveFactors(now, entity.ref, at).filter((one) => one.id !== factor.id);
          // DANGER: an account without any way to sign in can be invited anew, and is then whoever follows the link.
          if (reachOf(rest) === "none")
            return refuse(
              problem("factor.last", "it is the account's last way to sign in; delete the person instead"),
            );
          const ended = now
            .sessionsOf(entity.ref as SubjectRef)
            .filter(({ methods }) => restsOn(methods ?? [], factor));
          const left = statesOf(entity.ref, now, new Set([factor.id]));
          const lost = lostStates(statesOf(entity.ref, now), left);
          const events: DraftEvent[] = [
            { by, event: { type: "factor.removed", factor: factor.id, cause: "operator" } },
            ...endedWithStates({ state: now, policy: parts.policy }, entity.ref, lost, by),
            ...revocations(ended, by, "operator"),
          ];
          return { ok: true, value: { events, done: () => null } };
        },
      });
    },
  };
}
