import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { cosigner, formatVkey } from "@postern/ledger";
import type { Witness } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { witnessClients } from "../../src/witness/client.ts";

let server: Server;
let client: Witness;
let asked: string[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const vkey = formatVkey(cosigner("witness.example/1", new Uint8Array(32).fill(1), 0n));
  const [first] = witnessClients([`${vkey} http://127.0.0.1:${port}/prefix/`]);
  if (first === undefined) throw new Error("expected a client");
  client = first;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const replies =
  (status: number, text: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status).end(text);
  };

describe("the client of a witness", () => {
  it.each([
    [200, "— w AAAA\n", { kind: "cosigned", lines: "— w AAAA\n" }],
    [409, "12\n", { kind: "conflict", size: 12n }],
    [409, "another root\n", { kind: "conflict", size: null }],
    [409, "-1\n", { kind: "conflict", size: null }],
    [422, "no\n", { kind: "refused", status: 422 }],
    [404, "", { kind: "refused", status: 404 }],
    [500, "", { kind: "refused", status: 500 }],
  ])("reads %i %j", async (status, text, expected) => {
    answer = replies(status, text);
    expect(await client.addCheckpoint("old 0\n\nnote")).toEqual(expected);
    expect(asked).toEqual(["POST /prefix/add-checkpoint"]);
  });

  it("follows no redirect, and reads no answer without an end", async () => {
    answer = (response) => response.writeHead(307, { location: "http://127.0.0.1:9/" }).end();
    await expect(client.addCheckpoint("")).rejects.toThrow();
    answer = replies(200, "x".repeat(70_000));
    await expect(client.addCheckpoint("")).rejects.toThrow("at most 65536 bytes");
    answer = replies(409, "99999999999999999999\n");
    await expect(client.addCheckpoint("")).rejects.toThrow();
  });

  it("asks for the head of a log by the hash of its name", async () => {
    answer = replies(200, "a note\n");
    expect(await client.newest("postern.example/1")).toBe("a note\n");
    expect(asked[0]).toMatch(/^GET \/prefix\/checkpoint\/[0-9a-f]{64}$/);
    answer = replies(404, "");
    expect(await client.newest("postern.example/1")).toBeNull();
  });
});
