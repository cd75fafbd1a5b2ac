import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, dispatch, nodeFiles } from "@postern/cli";
import { describe, expect, it } from "vitest";
import { type Environment, heard, type Runner } from "../scripts/demo/command.ts";
import { type WitnessStep, witnessSteps } from "../scripts/demo/witness.ts";

/** Commands within this process: the same ones, without a start for each. */
function within(words: readonly string[], env: Environment, signal: AbortSignal) {
  const said = { stdout: "", printed: "" };
  const sink = (also: boolean): Context["stdout"] => ({
    isTerminal: false,
    write(text) {
      said.printed += text;
      if (also) said.stdout += text;
    },
  });
  const ended = dispatch(words, {
    stdout: sink(true),
    stderr: sink(false),
    stdin: { isTerminal: false, read: async () => "", line: async () => "" },
    env,
    fetch,
    now: Date.now,
    files: nodeFiles,
    random: randomBytes,
    loopback: () => Promise.reject(new Error("nobody signs in here")),
    browse: () => undefined,
    signal,
  });
  return { said, ended };
}

const here: Runner = {
  async command(words, env = {}) {
    const { said, ended } = within(words, env, new AbortController().signal);
    return { exit: await ended, ...said };
  },
  start(words, env = {}) {
    const stop = new AbortController();
    const { said, ended } = within(words, env, stop.signal);
    let over = false;
    ended.then(() => {
      over = true;
    });
    return {
      says: (what) => heard(words, what, said, () => over),
      stop() {
        stop.abort("SIGINT");
        return ended;
      },
    };
  },
};

describe("a witness", () => {
  it("cosigns what only grows, and refuses a fork with evidence that proves it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "postern-witness-"));
    const steps: WitnessStep[] = [];
    try {
      await witnessSteps(folder, here, (step) => steps.push(step));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.length).toBe(14);
  });
});
