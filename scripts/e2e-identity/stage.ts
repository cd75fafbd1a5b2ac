import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anyPorts, type Sample, startSample } from "@postern/example-shop";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** As root a browser has no sandbox; the other switches keep it to the pages that it is sent to. */
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The shop behind Postern, and a person at a browser with an authenticator in it. */
export interface Stage {
  readonly sample: Sample;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Another browser on another machine, which has nothing of the first. */
  another(): Promise<BrowserContext>;
  /** What the pages' own policies refused, and what failed in a page. */
  readonly troubles: readonly string[];
  /** What axe finds on a page, and what scrolls sideways, in both colour schemes, narrow and wide; with a picture of each. */
  look(name: string, page?: Page): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openStage(chromiumPath: string, pictures: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "postern-e2e-"));
  const ports = await anyPorts();
  const clients = join(folder, "clients.json");
  const upstreams = join(folder, "upstreams.json");
  // Nobody listens there: the page that offers it is looked at, and the one that says so.
  const company = { id: "company", name: "Company", issuer: "http://localhost:1", client_id: "postern" };
  const screen = { client_id: "screen", client_name: "Screen in the lobby", device: true };
  writeFileSync(upstreams, JSON.stringify({ upstreams: [company] }));
  writeFileSync(clients, JSON.stringify({ clients: [screen] }));
  const sample = await startSample({
    folder,
    ports,
    clients,
    upstreams,
    signIn: "postern",
    printDecisions: false,
  });
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath, args: SWITCHES });
  const troubles: string[] = [];
  async function another(): Promise<BrowserContext> {
    const made = await browser.newContext({ viewport: { width: 1_100, height: 900 } });
    made.setDefaultTimeout(15_000);
    made.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) troubles.push(message.text());
    });
    made.on("weberror", (error) => troubles.push(error.error().message));
    return made;
  }
  const context = await another();
  const page = await context.newPage();
  const devtools: CDPSession = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      // Kept with its maker: an account with a key that cannot leave its device is not changed by a recovery code.
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  });
  mkdirSync(pictures, { recursive: true });

  async function look(name: string, on: Page = page): Promise<readonly string[]> {
    const found: string[] = [];
    const before = on.viewportSize();
    for (const colorScheme of ["light", "dark"] as const) {
      for (const [kind, width] of [
        ["narrow", 320],
        ["wide", 1_100],
      ] as const) {
        await on.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await on.setViewportSize({ width, height: 900 });
        await on.screenshot({ path: join(pictures, `${name}-${colorScheme}-${kind}.png`), fullPage: true });
        await on.evaluate(AXE);
        const violations: readonly string[] = await on.evaluate(
          "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })" +
            ".then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | ')))",
        );
        found.push(...violations.map((text) => `${name} ${colorScheme} ${kind}: ${text}`));
        const wide: number = await on.evaluate("document.documentElement.scrollWidth");
        if (wide > width) found.push(`${name} ${colorScheme} ${kind}: scrolls sideways to ${wide}`);
      }
    }
    if (before !== null) await on.setViewportSize(before);
    return found;
  }

  return {
    sample,
    context,
    page,
    another,
    troubles,
    look,
    async close() {
      await browser.close();
      await sample.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
