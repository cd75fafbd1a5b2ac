import { CONTROL_IDS, SESSION_ENDS as ENDS, ROLES as KINDS, ASSURANCES as LEVELS } from "@postern/core";
import { SETTING_KEYS, SETTINGS } from "@postern/server";
import { expect, it } from "vitest";
import { ASSURANCES, CONTROLS, ROLES, SESSION_ENDS } from "../src/choice.ts";
import { SETTING_OPTIONS } from "../src/commands/serve/settings.ts";

it("the controls, levels and roles that help names are those of the engine", () => {
  expect(CONTROLS).toEqual(CONTROL_IDS);
  expect(ASSURANCES).toEqual(LEVELS);
  expect(ROLES).toEqual(KINDS);
  expect(SESSION_ENDS).toEqual(ENDS);
});

it("every setting of the server is a flag of serve, and secrets only by file", () => {
  const flags = SETTING_KEYS.map((key) => `${SETTINGS[key].flag}${SETTINGS[key].secret ? "-file" : ""}`);
  expect(Object.keys(SETTING_OPTIONS).sort()).toEqual([...flags, "config"].sort());
});
