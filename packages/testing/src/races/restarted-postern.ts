import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realNode } from "../real-node/real-node.ts";
import { asking } from "./ask.ts";
import type { Contestant } from "./contestant.ts";
import type { Ground } from "./ground.ts";
import { RACES_POLICY } from "./races-policy.ts";
import { bearer, registeredSession } from "./registered-session.ts";

const BOOTSTRAP = "bootstrap-of-the-races";
const DAY_MS = 86_400_000;

/** `postern serve` in a process of its own, which can be killed. */
export async function restartedPostern(): Promise<Contestant> {
  const directory = await mkdtemp(join(tmpdir(), "postern-races-"));
  const policies = join(directory, "policy");
  await mkdir(policies);
  await writeFile(join(policies, "races.yaml"), RACES_POLICY);
  const application = createServer((_, response) => void response.end("notes"));
  await new Promise<void>((ready) => application.listen(0, "127.0.0.1", ready));
  const address = application.address();
  const node = await realNode({
    settings: {
      DATA_DIR: join(directory, "data"),
      POLICY_DIR: policies,
      BOOTSTRAP_TOKEN: BOOTSTRAP,
      TRUSTED_PROXIES: "127.0.0.1",
      UPSTREAM: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    },
  });
  const ask = asking();
  const secretOf = async (path: string, given: Parameters<typeof ask>[1]): Promise<string> => {
    const { status, text } = await ask(`${node.control}${path}`, given);
    if (status !== 201) throw new Error(`expected a token, got ${status} ${text}`);
    return (JSON.parse(text) as { readonly secret: string }).secret;
  };
  const admin = await secretOf("/v1/tokens/bootstrap", {
    json: { secret: BOOTSTRAP, person: { type: "user", id: "olga" } },
  });
  const registering = await secretOf("/v1/tokens", {
    headers: bearer(admin),
    json: {
      label: "application",
      scopes: ["sessions.register"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
    },
  });
  const notHere = (): never => {
    throw new Error("nobody signs in by pages at this node");
  };
  const ground: Ground = {
    control: node.control,
    people: node.people,
    gateway: node.gateway,
    ask,
    admin,
    application: registering,
    client: { id: "", secret: "" },
    invite: notHere,
    optOut: notHere,
  };
  let begun = 0;
  return {
    name: "Postern",
    async begin(race, dice) {
      begun += 1;
      return await registeredSession(ground, race, `restarted-${begun}`, dice);
    },
    hold: async () => undefined,
    async restart(how) {
      await node.end(how);
      await node.start();
    },
    async stop() {
      ask.close();
      await node.end("stopped");
      application.closeAllConnections();
      await new Promise((closed) => application.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
