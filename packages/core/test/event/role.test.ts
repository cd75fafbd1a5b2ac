import { describe, expect, it } from "vitest";
import { isRole, ROLES, roleRules, SCOPES_OF_ROLE, type TokenScope } from "../../src/index.ts";

/** Scopes that change nothing, wherever they are asked for. */
const READING: readonly TokenScope[] = ["explain", "opt-outs.read", "ledger.read"];
/** What applications do, and no person in a session of their own. */
const OF_APPLICATIONS: readonly TokenScope[] = ["decide", "sessions.register", "entities.write"];

describe("a role", () => {
  it("is one of four, each with its scopes and each scope once", () => {
    expect(Object.keys(SCOPES_OF_ROLE).sort()).toEqual([...ROLES].sort());
    for (const role of ROLES) {
      const scopes = SCOPES_OF_ROLE[role];
      expect(scopes.length).toBeGreaterThan(0);
      expect(new Set(scopes).size).toBe(scopes.length);
    }
    for (const other of ["", "admin", "toString", "__proto__"]) expect(isRole(other)).toBe(false);
  });

  it("holds what it needs and nothing besides", () => {
    expect(SCOPES_OF_ROLE).toEqual({
      administrator: ["admin"],
      approver: ["opt-outs.read", "opt-outs.approve"],
      auditor: ["ledger.read", "opt-outs.read", "explain"],
      developer: ["policy.write", "explain"],
    });
  });

  it("does nothing that applications do, unless it may do everything", () => {
    for (const role of ROLES.filter((one) => one !== "administrator"))
      expect(SCOPES_OF_ROLE[role].filter((scope) => OF_APPLICATIONS.includes(scope))).toEqual([]);
  });

  it("administers in one case alone", () => {
    expect(ROLES.filter((role) => SCOPES_OF_ROLE[role].includes("admin"))).toEqual(["administrator"]);
    expect(ROLES.filter((role) => SCOPES_OF_ROLE[role].includes("policy.activate"))).toEqual([]);
  });

  it("that audits writes nothing", () => {
    expect(SCOPES_OF_ROLE.auditor.filter((scope) => !READING.includes(scope))).toEqual([]);
  });

  it("that rules, or whose word is one of two, takes two persons", () => {
    expect(ROLES.filter(roleRules)).toEqual(["administrator", "approver", "developer"]);
  });
});
