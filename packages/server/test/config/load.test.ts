import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  ConfigError,
  type ConfigSources,
  describeConfig,
  loadConfig,
  SETTING_KEYS,
  SETTINGS,
} from "../../src/config.ts";

const directory = mkdtempSync(join(tmpdir(), "postern-config-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function problems(sources: ConfigSources): readonly string[] {
  try {
    loadConfig(sources);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const KEY = "ab".repeat(32);

describe("the configuration", () => {
  it("has a default for everything that a start needs", () => {
    const { config } = loadConfig({ env: {} });
    expect([config.port, config.peoplePort, config.gatewayPort]).toEqual([4600, 4601, 4602]);
    expect([config.host, config.mode, config.trustedProxies]).toEqual(["127.0.0.1", "production", []]);
  });

  it("takes a flag before the environment, that before the file, that before the default", () => {
    const config = file("a.json", JSON.stringify({ port: 1001, peoplePort: 1002, gatewayPort: 1003 }));
    const loaded = loadConfig({
      env: { POSTERN_CONFIG: config, POSTERN_PEOPLE_PORT: "2002", POSTERN_GATEWAY_PORT: "2003" },
      flags: { "gateway-port": "3003" },
    });
    expect([loaded.config.port, loaded.config.peoplePort, loaded.config.gatewayPort]).toEqual([
      1001, 2002, 3003,
    ]);
    const origins = describeConfig(loaded, { redacted: true }).map(({ key, origin }) => [key, origin]);
    expect(Object.fromEntries(origins)).toMatchObject({
      port: `file ${config}`,
      peoplePort: "environment POSTERN_PEOPLE_PORT",
      gatewayPort: "flag --gateway-port",
      host: "default",
    });
  });

  it("refuses an unknown name everywhere, with the one that was meant", () => {
    const config = file("b.json", JSON.stringify({ prot: 1 }));
    const found = problems({
      env: { POSTERN_CONFIG: config, POSTERN_DATADIR: "x", HOME: "/root" },
      flags: { "publik-url": "http://a" },
    });
    expect(found).toEqual([
      `${config}: unknown setting \`prot\`; did you mean \`port\`?`,
      "unknown setting `POSTERN_DATADIR`; did you mean `POSTERN_DATA_DIR`?",
      "unknown setting `--publik-url`; did you mean `public-url`?",
    ]);
  });

  it("lets be the names that belong to the command line and to tests", () => {
    const env = {
      POSTERN_CONFORMANCE_DIR: "x",
      POSTERN_URL: "x",
      POSTERN_TOKEN: "x",
      POSTERN_TOKEN_FILE: "x",
    };
    expect(problems({ env })).toEqual([]);
  });

  it("reads each secret from a file too, and refuses both at once", () => {
    const secret = file("key", `${KEY}\n`);
    const loaded = loadConfig({ env: { POSTERN_MASTER_KEY_FILE: secret } });
    expect(loaded.config.masterKey).toEqual(new Uint8Array(32).fill(0xab));
    const both = problems({ env: { POSTERN_MASTER_KEY: KEY, POSTERN_MASTER_KEY_FILE: secret } });
    expect(both).toEqual(["POSTERN_MASTER_KEY: expected it or POSTERN_MASTER_KEY_FILE, got both"]);
    expect(problems({ env: { POSTERN_BOOTSTRAP_TOKEN_FILE: join(directory, "none") } })).toHaveLength(1);
    expect(problems({ env: { POSTERN_PORT_FILE: secret } })[0]).toContain("unknown setting");
  });

  it("tells every mistake at once", () => {
    const found = problems({
      env: {
        POSTERN_PORT: "70000",
        POSTERN_MODE: "staging",
        POSTERN_PUBLIC_URL: "postern.example",
        POSTERN_TRUSTED_PROXIES: "10.0.0.0/8, proxy.internal",
        POSTERN_LOG_NAMES: "true",
      },
    });
    expect(found).toHaveLength(5);
    expect(found.join("\n")).toContain("`proxy.internal`");
  });

  it("shows names in lines only in development", () => {
    expect(problems({ env: { POSTERN_LOG_NAMES: "true" } })).toHaveLength(1);
    expect(problems({ env: { POSTERN_LOG_NAMES: "true", POSTERN_MODE: "development" } })).toEqual([]);
  });

  it("never repeats a secret: not in a mistake, not in a description", () => {
    const env = { POSTERN_MASTER_KEY: "hunter2hunter2", POSTERN_DATABASE_URL: "postgres://u:hunter2@db/p" };
    expect(problems(env.POSTERN_MASTER_KEY === "" ? { env: {} } : { env }).join()).not.toContain("hunter2");
    const loaded = loadConfig({ env: { ...env, POSTERN_MASTER_KEY: KEY } });
    const described = JSON.stringify(describeConfig(loaded, { redacted: true }));
    expect(described).not.toMatch(/hunter2|abab/);
    expect(JSON.stringify(describeConfig(loaded, { redacted: false }))).toContain("hunter2");
  });

  it.each(["http://a/path", "ftp://a", "https://user:pw@a", "https://a?x", "a"])(
    "refuses `%s` as an outside address",
    (address) => {
      expect(problems({ env: { POSTERN_PUBLIC_URL: address } })).toHaveLength(1);
    },
  );

  it("reads lists from a file as lists", () => {
    const config = file(
      "c.json",
      JSON.stringify({ trustedProxies: ["10.0.0.0/8", "::1"], decisionLines: true }),
    );
    const loaded = loadConfig({ env: {}, flags: { config } });
    expect([loaded.config.trustedProxies, loaded.config.decisionLines]).toEqual([
      ["10.0.0.0/8", "::1"],
      true,
    ]);
  });

  it("refuses a file that is not an object of settings", () => {
    for (const text of ["[]", "{", '{"port":{}}', '{"port":null}']) {
      expect(problems({ env: {}, flags: { config: file("d.json", text) } })).toHaveLength(1);
    }
    expect(problems({ env: { POSTERN_CONFIG: join(directory, "none.json") } })).toHaveLength(1);
  });

  it("names every setting in the page for operators", async () => {
    const { readFileSync } = await import("node:fs");
    const page = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
    for (const key of SETTING_KEYS) expect(page).toContain(`\`${SETTINGS[key].env}\``);
  });
});
