import { type Assurance, reaches, stricter } from "../../vocabulary/assurance.ts";
import { type CompileContext, type Lowered, report } from "../compile/context.ts";
import type { ProtectionDocument } from "../document/protection.ts";
import { nearest } from "../nearest.ts";
import type { Protection, ProtectionIndex } from "../revision.ts";

/** What Protections say of each other and of SessionProfiles. */
export function lintProtections(
  protections: readonly Lowered<ProtectionDocument, Protection>[],
  profiles: ReadonlySet<string>,
  index: ProtectionIndex,
  context: CompileContext,
): void {
  const { problems } = context;
  const spellings = new Map<string, string>();
  for (const { document, places, compiled } of protections) {
    if (document.session !== undefined && !profiles.has(document.session)) {
      const near = nearest(document.session, profiles);
      const hint = near === undefined ? undefined : `did you mean \`${near}\`?`;
      const message = `expected the name of a SessionProfile, got \`${document.session}\``;
      report(problems, "error", "unknown_session_profile", message, places.of(document, "session"), hint);
    }
    if (document.floor !== undefined && !reaches(required(compiled), compiled.floor)) {
      const most = inherited(compiled);
      if (!reaches(most, compiled.floor)) {
        const message = `expected a floor of at most \`${most}\`, the most that is required here, got \`${compiled.floor}\``;
        report(problems, "error", "floor_above_requirement", message, places.of(document, "floor"));
      }
    }
    lintPermitted({ document, places, compiled });
    for (const [place, pattern] of compiled.resources.entries()) {
      if (pattern.type !== "route") continue;
      const folded = pattern.text.toLowerCase();
      const before = spellings.get(folded);
      if (before !== undefined && before !== pattern.text) {
        const message = `\`${pattern.text}\` and \`${before}\` differ only by case, and each covers both`;
        report(
          problems,
          "warning",
          "resources_differ_by_case",
          message,
          places.of(document.resources, place),
        );
      }
      spellings.set(folded, pattern.text);
    }
  }

  function lintPermitted({
    document,
    places,
    compiled: protection,
  }: Lowered<ProtectionDocument, Protection>): void {
    if (protection.permit !== null || protection.mode !== "enforce") return;
    for (const [place, pattern] of protection.resources.entries()) {
      for (const action of protection.actions ?? [""]) {
        const all = index.find(pattern.type, pattern.segments, action).protections;
        if (all.some((one) => one.permit !== null && one.mode === "enforce")) continue;
        const at = places.of(document.resources, place);
        const message = `nobody is permitted at \`${pattern.text}\`: neither this Protection nor one above says who`;
        const hint = "add `permit`; a rule `true` permits everyone";
        report(problems, "warning", "nobody_permitted", message, at, hint);
        break;
      }
    }
  }

  function inherited(protection: Protection): Assurance {
    let most: Assurance = "none";
    for (const pattern of protection.resources) {
      for (const action of protection.actions ?? [""]) {
        for (const one of index.find(pattern.type, pattern.segments, action).protections)
          most = stricter(most, required(one));
      }
    }
    return most;
  }
}

function required({ assurance, stepUp }: Protection): Assurance {
  return stepUp === null ? assurance : stricter(assurance, stepUp.assurance);
}
