import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployment } from "../deployment.ts";
import { terminal } from "../terminal.ts";

let here: Deployment;
beforeAll(async () => {
  here = await deployment();
});
afterAll(() => here.stop());

const NEVER = "sig_0123456789abcdefghjkmnpqrs";

describe("signals at the command line", () => {
  it("are sent with the secret of their source, and say what to do where nothing follows from one", async () => {
    const issued = await here.ben(
      "token issue mdm --scope signals.write --resource signal:mdm --subject-type user --subject-type device",
    );
    expect(issued.stdout).toMatch(/subject types +user, device/);
    const secret = /secret +(\S+)/.exec(issued.stdout)?.[1] ?? "";
    const mdm = terminal({ env: { POSTERN_URL: here.running.urls.control, POSTERN_TOKEN: secret } });
    const line =
      "signal send risk-level-change --source mdm --claim principal=DEVICE --claim current_level=HIGH";
    const nobody = await mdm(`${line} --device device:laptop-7`);
    expect(nobody.stdout).toMatch(/outcome +unmatched/);
    expect(nobody.stderr).toContain("`postern entity show <type:id>`");
    await here.ben("entity put device:laptop-7");
    const known = await mdm(`${line} --device device:laptop-7`);
    expect(known.stdout).toMatch(/outcome +not-mapped/);
    expect(known.stderr).toContain("no SignalRule in force listens to this kind from this source");
  });

  it("that do not stand are not cleared, and it is said where to look", async () => {
    const ruth = await here.as("ruth", "opt-outs.approve");
    const said = await ruth(`signal clear ${NEVER}`);
    expect(said.stderr).toContain(`no signal \`${NEVER}\` stands; \`postern signal ls\` shows those that do`);
    expect((await ruth("signal ls --limit 5")).stderr).toContain("nothing stands");
  });

  it("that are told to others show how each stream stands", async () => {
    expect((await here.ben("signal streams")).stderr).toContain("no streams");
    const { service } = here.running;
    const secret = /secret +(\S+)/.exec(
      (await here.ben("token issue shop.example --scope ssf.manage --subject-type user")).stdout,
    )?.[1];
    const token = service.tokens.bySecret(secret ?? "");
    if (token === null) throw new Error("the token that was just issued is unknown");
    const made = await service.streams.create(
      { kind: "token", token },
      { delivery: { method: "poll" }, requested: service.streams.supported, description: null },
    );
    expect(made.ok).toBe(true);
    const { stdout } = await here.ben("signal streams");
    expect(stdout).toMatch(/str_\S+ +shop\.example +poll +enabled +0 +0/);
    const metrics = await (await fetch(`${here.running.urls.control}/metrics`)).text();
    expect(metrics).toContain('postern_signal_streams{state="enabled"} 1');
    expect(metrics).toContain("postern_signal_transmitters{");
  });
});
