import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { html } from "../src/html.ts";
import { layout } from "../src/layout.ts";

const page = (name: string | null, signIn: "postern" | "own" = "postern"): string =>
  layout(
    { title: "Front", body: html`<p>Here</p>` },
    { name, session: null, acr: "none", optOuts: [] },
    "http://localhost:1/me/protection",
    signIn,
  );

it("whoever is signed in reads how long they stay without activity, as policy has it", () => {
  const policy = readFileSync(join(import.meta.dirname, "../policy/sessions.yaml"), "utf8");
  const [, minutes] = /^inactivity: PT(\d+)M$/m.exec(policy) ?? [];
  expect(page("ana")).toContain(`after ${minutes} minutes without activity`);
});

it("guests, who have no session, are told of no end and load no script", () => {
  expect(page(null)).not.toContain("signed out");
  expect(page(null)).not.toContain("<script");
});

it("who is signed out is led to the shop's own login where it keeps its own", () => {
  expect(page("ana", "own")).toContain('data-sign-in="/login?return={return}"');
  expect(page("ana")).not.toContain("data-sign-in");
});
