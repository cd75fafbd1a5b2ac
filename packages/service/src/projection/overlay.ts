import type { RecordChange } from "./project.ts";
import type { Records, RecordsById } from "./state.ts";

/** The records as they will be when a batch commits: what earlier events of the batch changed, over the rest. */
export interface Overlay extends RecordsById {
  take(changes: readonly RecordChange[]): void;
}

export function overlay(base: RecordsById): Overlay {
  const changed = new Map<string, RecordChange["record"]>();
  const over = <Table extends keyof Records>(
    projection: Table,
    id: string,
    below: Records[Table] | undefined,
  ): Records[Table] | undefined =>
    (changed.get(`${projection}/${id}`) as Records[Table] | undefined) ?? below;
  return {
    optOuts: { get: (id) => over("opt_outs", id, base.optOuts.get(id)) },
    lock: (id) => over("locks", id, base.lock(id)),
    session: (id) => over("sessions", id, base.session(id)),
    entity: (ref) => over("entities", ref, base.entity(ref)),
    token: (id) => over("tokens", id, base.token(id)),
    revision: (id) => over("revisions", id, base.revision(id)),
    activeRevision() {
      for (const [key, record] of changed) {
        if (key.startsWith("revisions/") && (record as Records["revisions"]).active)
          return record as Records["revisions"];
      }
      const active = base.activeRevision();
      return active === undefined || changed.has(`revisions/${active.id}`) ? undefined : active;
    },
    device: (id) => over("devices", id, base.device(id)),
    factor: (id) => over("factors", id, base.factor(id)),
    role: (id) => over("roles", id, base.role(id)),
    act: (id) => {
      const record = over("reviews", id, base.act(id));
      return record !== undefined && "what" in record ? record : undefined;
    },
    marked: (id) => {
      const record = over("reviews", id, base.marked(id));
      return record !== undefined && "marks" in record ? record : undefined;
    },
    uses: (id) => over("uses", id, base.uses(id)),
    take(changes) {
      for (const { projection, id, record } of changes) changed.set(`${projection}/${id}`, record);
    },
  };
}
