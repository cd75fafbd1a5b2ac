import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { anyPorts } from "@postern/example-shop";
import { type Client, createClient } from "@postern/sdk";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { type RunningServer, startServer } from "./running-server.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

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
/** An answer that is this long on its way is a stream. */
const STREAM = /\/session\/events\?/;

/** The shop behind Postern in a process of its own, and browsers, whose clocks stand still until they are moved together. */
export interface Stage {
  readonly server: RunningServer;
  /** An administrator. */
  readonly ben: Client;
  readonly folder: string;
  /** A browser of its own, which shares nothing with others. `ahead`: how wrong its clock is, in milliseconds. */
  browser(ahead?: number): Promise<BrowserContext>;
  /** Lets time pass everywhere, a second at a time where `by` says nothing else. */
  pass(milliseconds: number, by?: number): Promise<void>;
  /** The same while the machines of all browsers sleep: their timers fire late and once. */
  sleep(milliseconds: number): Promise<void>;
  /** Until no window waits for an answer. */
  settled(): Promise<void>;
  /** What the pages' own policies refused, and what failed in a page. */
  readonly troubles: readonly string[];
  /** What axe finds on a page, and what scrolls sideways, in both colour schemes, narrow and wide; with pictures. */
  look(name: string, page: Page): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openStage(executablePath: string, pictures: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "postern-e2e-sessions-"));
  mkdirSync(pictures, { recursive: true });
  const server = await startServer({ folder, ports: await anyPorts() });
  const chromiumRun = await chromium.launch({ executablePath, args: SWITCHES });
  const contexts = new Set<BrowserContext>();
  const troubles: string[] = [];
  let waiting = 0;

  async function browser(ahead = 0): Promise<BrowserContext> {
    const made = await chromiumRun.newContext({ viewport: { width: 1_100, height: 900 } });
    made.setDefaultTimeout(15_000);
    // It can only be paused at a later moment than the one at which it was taken over.
    await made.clock.install({ time: server.now() + ahead - 1_000 });
    await made.clock.pauseAt(server.now() + ahead);
    const counted = new Set<unknown>();
    made.on("request", (request) => {
      if (STREAM.test(request.url())) return;
      counted.add(request);
      waiting += 1;
    });
    for (const over of ["requestfinished", "requestfailed"] as const)
      made.on(over as "requestfinished", (request) => {
        if (counted.delete(request)) waiting -= 1;
      });
    made.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) troubles.push(message.text());
    });
    made.on("weberror", (error) => troubles.push(error.error().message));
    contexts.add(made);
    made.on("close", () => {
      contexts.delete(made);
      waiting -= counted.size;
      counted.clear();
    });
    return made;
  }

  async function settled(): Promise<void> {
    for (let quiet = 0, tries = 0; quiet < 3 && tries < 2_000; tries++) {
      const pages = [...contexts].flatMap((context) => context.pages());
      await Promise.all(pages.map((page) => page.evaluate("0").catch(() => {})));
      await pause(2);
      quiet = waiting === 0 ? quiet + 1 : 0;
    }
  }

  async function moved(milliseconds: number): Promise<void> {
    // First the server: no window asks it about a time that has not come there.
    await server.pass(milliseconds);
    await Promise.all([...contexts].map((context) => context.clock.fastForward(milliseconds)));
    await settled();
  }

  /** Axe in a world of its own, whose timers are the browser's: those of the page stand still. */
  async function axeIn(page: Page): Promise<() => Promise<readonly string[]>> {
    const devtools = await page.context().newCDPSession(page);
    const { frameTree } = await devtools.send("Page.getFrameTree");
    const { executionContextId } = await devtools.send("Page.createIsolatedWorld", {
      frameId: frameTree.frame.id,
    });
    const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })
      .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | ")))`;
    const evaluated = async (expression: string): Promise<unknown> => {
      const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", {
        expression,
        contextId: executionContextId,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return result.value;
    };
    await evaluated(`${AXE};0`);
    return async () => (await evaluated(run)) as readonly string[];
  }

  return {
    server,
    ben: createClient({ url: server.control, token: server.token }),
    folder,
    browser,
    settled,
    troubles,
    async pass(milliseconds, by = 1_000) {
      for (let rest = milliseconds; rest > 0; rest -= by) await moved(Math.min(by, rest));
    },
    sleep: moved,
    async look(name, page) {
      const found: string[] = [];
      const before = page.viewportSize();
      const axe = await axeIn(page);
      for (const colorScheme of ["light", "dark"] as const) {
        for (const [kind, width] of [
          ["narrow", 320],
          ["wide", 1_100],
        ] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.setViewportSize({ width, height: 800 });
          await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${kind}.png`) });
          found.push(...(await axe()).map((text) => `${name} ${colorScheme} ${kind}: ${text}`));
          const wide: number = await page.evaluate("document.documentElement.scrollWidth");
          if (wide > width) found.push(`${name} ${colorScheme} ${kind}: scrolls sideways to ${wide}`);
        }
      }
      if (before !== null) await page.setViewportSize(before);
      return found;
    },
    async close() {
      await chromiumRun.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
