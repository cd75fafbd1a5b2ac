import { keptHeadFile, realWorld } from "@postern/server";
import { auditLedger } from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { ORIGIN } from "./ground.ts";
import { USES } from "./nodes-policy.ts";
import type { Observer } from "./observer.ts";
import type { RunningNode } from "./running-node.ts";

const PAGE = 1_000;

export interface Ledger {
  readonly entries: number;
  readonly honours: number;
  readonly rows: number;
}

/** Holds what was acknowledged to what the nodes tell and the ledger says, and reads the whole ledger back. */
export async function verdict(parts: {
  readonly nodes: readonly RunningNode[];
  readonly told: Observer;
  readonly databaseUrl: string;
  readonly masterKey: Uint8Array;
  readonly headFile: string;
}): Promise<Ledger> {
  const { nodes, told } = parts;
  let turn = 0;
  const any = (): RunningNode => nodes[turn++ % nodes.length] as RunningNode;
  for (const [person, { count }] of told.visits) {
    const { status, json } = await any().call("GET", `/v1/entities/user/${person}`);
    const seen = Number((json.attributes as { visits?: number } | undefined)?.visits ?? -1);
    if (status !== 200 || seen < count)
      told.violation(`visit ${count} of \`${person}\` was acknowledged, and ${seen} is there`);
  }
  for (const { optOut, revokedAt, revoking, at } of told.grants.values()) {
    const { status, json } = await any().call("GET", `/v1/opt-outs/${optOut}`);
    // What was granted and revoked in the lost tail is gone altogether.
    const state = status === 404 ? "gone" : String(json.state);
    if (revokedAt !== null ? state !== "revoked" && state !== "gone" : !revoking && state !== "active")
      told.violation(
        `\`${optOut}\`, granted at ${Math.round(at)} ms, was acknowledged as ${revokedAt === null ? "active" : "revoked"} and is ${state}`,
      );
  }
  for (const node of nodes) {
    const how = await node.leave();
    if (how !== "0") told.violation(`${node.name} was asked to stop and ended with ${how}`);
  }

  const store = await openPostgresStore({ url: parts.databaseUrl, world: realWorld() });
  try {
    const revoked = new Map<string, number>();
    const recorded = new Set<string>();
    const uses = new Map<string, number>();
    let from = 0;
    for (
      let page = await store.entries(0, PAGE);
      page.length > 0;
      page = await store.entries(from, from + PAGE)
    ) {
      for (const { index, body } of page) {
        from = index + 1;
        if (body === null) continue;
        const { type, data } = JSON.parse(body) as {
          readonly type: string;
          readonly data: {
            readonly optOut?: string;
            readonly honours?: readonly { readonly decision: string; readonly optOuts: readonly string[] }[];
          };
        };
        if (type === "opt-out.revoked" && data.optOut !== undefined) revoked.set(data.optOut, index);
        for (const { decision, optOuts } of data.honours ?? []) {
          recorded.add(decision);
          for (const optOut of optOuts) {
            uses.set(optOut, (uses.get(optOut) ?? 0) + 1);
            const end = revoked.get(optOut);
            if (end !== undefined)
              told.violation(`entry ${index} honours \`${optOut}\`, which entry ${end} had revoked`);
          }
        }
      }
    }
    for (const [decision, { optOut }] of told.decisions)
      if (!recorded.has(decision))
        told.violation(`the honour \`${decision}\` of \`${optOut}\` is not in the ledger`);
    for (const { optOut, area } of told.grants.values())
      if (area === "papers" && (uses.get(optOut) ?? 0) > USES)
        told.violation(`\`${optOut}\` has ${USES} uses, and ${uses.get(optOut)} are recorded`);
    const { findings, entries, rows } = await auditLedger({
      store,
      masterKey: parts.masterKey,
      origin: ORIGIN,
      keptHead: keptHeadFile(parts.headFile),
    });
    for (const { detail } of findings) told.violation(`the audit says: ${detail}`);
    return { entries, honours: recorded.size, rows };
  } finally {
    await store.close();
  }
}
