import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page, type Request } from "playwright-core";
import { type SessionServer, startSessions } from "./session-server.ts";

const CHROMIUM = process.env.POSTERN_CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures are written, when somebody wants to look at them. */
const PICTURES = process.env.POSTERN_PICTURES;

export const hasChromium: boolean = existsSync(CHROMIUM);

export interface BrowserStage {
  readonly server: SessionServer;
  readonly context: BrowserContext;
  readonly troubles: readonly string[];
  /** A window at this path, once it has asked the server. */
  open(path?: string): Promise<Page>;
  /** Lets this many milliseconds pass, on the server and in every window, a second at a time where `by` says nothing else. */
  pass(milliseconds: number, by?: number): Promise<void>;
  /** A machine that sleeps: the clocks go on, and timers fire late and once. */
  sleep(milliseconds: number): Promise<void>;
  /** Until no window waits for the server. */
  settled(): Promise<void>;
  look(page: Page, name: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function launched(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  });
}

/** In a world of its own, whose timers are the browser's: those of the page stand still. */
async function axe(page: Page): Promise<readonly string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { frameTree } = await devtools.send("Page.getFrameTree");
  const { executionContextId } = await devtools.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
  });
  const run =
    ";axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })" +
    ".then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | ')))";
  const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", {
    expression: AXE + run,
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
  });
  await devtools.detach();
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
  return result.value as readonly string[];
}

export async function openStage(browser: Browser): Promise<BrowserStage> {
  const server = await startSessions();
  const context = await browser.newContext({ viewport: { width: 1_100, height: 900 } });
  context.setDefaultTimeout(10_000);
  await context.clock.install({ time: server.now });
  await context.clock.pauseAt(server.now + 1_000);
  server.now += 1_000;
  const troubles: string[] = [];
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) troubles.push(message.text());
  });
  context.on("weberror", (error) => troubles.push(error.error().message));

  // What is under way between a window and the server, as the browser sees it; a stream never ends.
  const underWay = new Set<Request>();
  context.on("request", (request) => {
    // A navigation has no frame yet, and is waited for by whoever began it.
    if (request.isNavigationRequest() || request.url().endsWith("/session/events")) return;
    underWay.add(request);
    request
      .frame()
      .page()
      .once("close", () => underWay.delete(request));
  });
  // Not its end: an answer whose body nobody reads has none.
  context.on("response", (response) => underWay.delete(response.request()));
  context.on("requestfailed", (request) => underWay.delete(request));

  async function settled(): Promise<void> {
    let quiet = 0;
    while (quiet < 2) {
      await Promise.all(context.pages().map((page) => page.evaluate("0").catch(() => {})));
      await new Promise((resolve) => setTimeout(resolve, 2));
      quiet = server.busy() === 0 && underWay.size === 0 ? quiet + 1 : 0;
    }
  }

  return {
    server,
    context,
    troubles,
    settled,
    async open(path = "/profile") {
      const page = await context.newPage();
      await page.goto(server.origin + path);
      await settled();
      return page;
    },
    async pass(milliseconds, by = 1_000) {
      for (let rest = milliseconds; rest > 0; rest -= by) {
        const step = Math.min(by, rest);
        server.now += step;
        // Timers fire at the end of the step, when the server's clock is there too.
        await context.clock.fastForward(step);
        await settled();
      }
    },
    async sleep(milliseconds) {
      server.now += milliseconds;
      await context.clock.fastForward(milliseconds);
      await settled();
    },
    async look(page, name) {
      const found: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        for (const width of [320, 1_100]) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.setViewportSize({ width, height: 700 });
          if (PICTURES !== undefined) {
            mkdirSync(PICTURES, { recursive: true });
            await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}-${width}.png`) });
          }
          const violations = await axe(page);
          found.push(...violations.map((text) => `${name} ${colorScheme} ${width}: ${text}`));
          const wide: number = await page.evaluate("document.documentElement.scrollWidth");
          if (wide > width) found.push(`${name} ${colorScheme} ${width}: scrolls sideways to ${wide}`);
        }
      }
      await page.setViewportSize({ width: 1_100, height: 900 });
      return found;
    },
    async close() {
      await context.close();
      await server.stop();
    },
  };
}
