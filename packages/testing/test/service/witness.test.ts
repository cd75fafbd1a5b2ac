import { setTimeout as sleep } from "node:timers/promises";
import {
  addSignatures,
  cosignaturesOf,
  cosigner,
  ed25519Signer,
  formatCheckpoint,
  formatVkey,
  parseAddCheckpoint,
  parseNote,
  signatureLines,
  signNote,
  verifierOf,
} from "@postern/ledger";
import type { Witness, WitnessAnswer } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/deployment/deployment.ts";

const seed = new Uint8Array(32).fill(9);
const at = (time: number) => cosigner("witness.example/1", seed, BigInt(time));
const key = verifierOf(at(0));
const NOW = Date.parse("2026-11-21T09:00:00Z") / 1000;

let node: Deployment;
afterEach(() => node.stop());

/** A witness whose every answer a test decides. */
function witness(
  answer: (body: string) => Promise<WitnessAnswer>,
  newest: () => string | null = () => null,
): Witness {
  return { vkey: formatVkey(key), addCheckpoint: answer, newest: async () => newest() };
}

const cosigns = async (body: string): Promise<WitnessAnswer> => ({
  kind: "cosigned",
  lines: signatureLines(parseNote(parseAddCheckpoint(body).checkpoint).text, at(NOW)),
});
const away = (): Promise<WitnessAnswer> => Promise.reject(new Error("nobody is there"));

async function exported(): Promise<string> {
  let last = "";
  for await (const line of must(await node.service.ledger.export(node.admin, 0, null, false))) last = line;
  return (JSON.parse(last) as { readonly end: { readonly checkpoint: string } }).end.checkpoint;
}

describe("witnesses of the ledger", () => {
  it("cosign the head of an export, which is kept in the database and outside it and survives a restart", async () => {
    let witnesses = [witness(cosigns)];
    node = await deployment({ witnesses: () => witnesses });
    const note = await exported();
    expect(cosignaturesOf(note, [key])).toHaveLength(1);
    expect(await node.keptHead.read()).toBe(note);
    witnesses = [witness(away)];
    await node.reopen();
    expect(cosignaturesOf(await exported(), [key])).toHaveLength(1);
    expect(cosignaturesOf((await node.keptHead.read()) ?? "", [key])).toHaveLength(1);
  });

  it("that are away hold nothing up, and their state says so", async () => {
    node = await deployment({ witnesses: () => [witness(away)] });
    expect(cosignaturesOf(await exported(), [key])).toEqual([]);
    expect(node.service.ledger.witnesses()).toMatchObject([{ state: "away", cosignedAt: null }]);
    expect(node.service.node.doubt()).toBeNull();
  });

  it("that never answer hold the first export up for two seconds, and then nothing", async () => {
    node = await deployment({ witnesses: () => [witness(() => new Promise(() => undefined))] });
    let note: string | null = null;
    exported().then((made) => {
      note = made;
    });
    for (let tries = 0; note === null && tries < 500; tries++) {
      await sleep(5);
      node.world.pass(100);
    }
    expect(parseNote(note ?? "").signatures).toHaveLength(1);
    expect(node.service.ledger.witnesses()).toMatchObject([{ state: "away" }]);
    expect(parseNote(await exported()).signatures).toHaveLength(1);
  });

  it("are asked again from the size that they tell of", async () => {
    const old: bigint[] = [];
    node = await deployment({
      witnesses: () => [
        witness(async (body) => {
          const { oldSize } = parseAddCheckpoint(body);
          old.push(oldSize);
          return oldSize === 0n ? { kind: "conflict", size: 2n } : cosigns(body);
        }),
      ],
    });
    expect(cosignaturesOf(await exported(), [key])).toHaveLength(1);
    expect(old.slice(0, 2)).toEqual([0n, 2n]);
  });

  it.each([
    ["a cosignature of another head", signatureLines("postern.test/ledger\n1\nAAAA\n", at(NOW))],
    ["a line that is none", "garbled\n"],
    ["nothing", ""],
  ])("who answer with %s put nothing under a head", async (_, lines) => {
    node = await deployment({ witnesses: () => [witness(async () => ({ kind: "cosigned", lines }))] });
    const note = await exported();
    expect(parseNote(note).signatures).toHaveLength(1);
    expect(await node.keptHead.read()).toBe(note);
  });

  it("whose clock is far ahead do not count", async () => {
    const ahead = async (body: string): Promise<WitnessAnswer> => ({
      kind: "cosigned",
      lines: signatureLines(parseNote(parseAddCheckpoint(body).checkpoint).text, at(NOW + 86_400)),
    });
    node = await deployment({ witnesses: () => [witness(ahead)] });
    expect(parseNote(await exported()).signatures).toHaveLength(1);
  });

  it("who hold a later head that this ledger signed put the node in doubt at its start", async () => {
    // Two deployments of one seed are one ledger: the second is the first, put back to its beginning.
    node = await deployment();
    await node.token(["ledger.read"], "ana");
    await node.token(["ledger.read"], "cem");
    const held = await exported();
    await node.stop();
    node = await deployment({ witnesses: () => [witness(away, () => held)] });
    expect(node.service.node.doubt()).toBeNull();
    await node.reopen();
    expect(node.service.node.doubt()).toMatchObject({
      reason: "database_stale",
      detail: expect.stringContaining("older than the head that witness.example/1 has cosigned"),
    });
  });

  it("who hold another tree that this ledger signed put the node in doubt as soon as they refuse", async () => {
    node = await deployment();
    await node.token(["decide"], "mallory");
    const other = await exported();
    await node.stop();
    let held: string | null = null;
    node = await deployment({
      witnesses: () => [
        witness(
          async (body) => (held === null ? cosigns(body) : { kind: "refused", status: 422 }),
          () => held,
        ),
      ],
    });
    held = other;
    await node.token(["ledger.read"], "ana");
    await node.token(["ledger.read"], "cem");
    await exported();
    expect(node.service.node.doubt()).toMatchObject({
      reason: "database_stale",
      detail: expect.stringContaining("the ledger was rewritten"),
    });
  });

  it("cannot stop a node with a head that this ledger never signed", async () => {
    const root = new Uint8Array(32).fill(1);
    const text = formatCheckpoint({ origin: "postern.test/ledger", size: 1_000_000, root });
    const forged = addSignatures(signNote(text, ed25519Signer("postern.test/ledger", seed)), at(NOW));
    node = await deployment({
      witnesses: () => [
        witness(
          async () => ({ kind: "conflict", size: 1_000_000n }),
          () => forged,
        ),
      ],
    });
    await exported();
    await node.reopen();
    expect(node.service.node.doubt()).toBeNull();
    expect(node.service.ledger.witnesses()).toMatchObject([{ state: "refuses" }]);
  });
});
