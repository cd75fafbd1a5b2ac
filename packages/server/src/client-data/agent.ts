import type { AgentData } from "@postern/service";
import { parse } from "bowser";

const UNKNOWN: AgentData = { browser: null, system: null, deviceKind: null };
const MOST_KNOWN = 2_000;
/** Longer texts are nobody's browser, and each pattern would read them through. */
const LONGEST = 512;

/** Reads the texts of `User-Agent`. Families alone, without versions: a browser that grows newer stays the same one. */
export function agentReader(): (text: string) => AgentData {
  const known = new Map<string, AgentData>();
  return (text) => {
    if (text === "" || text.length > LONGEST) return UNKNOWN;
    const found = known.get(text);
    if (found !== undefined) return found;
    const read = readAgent(text);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, read);
    return read;
  };
}

function readAgent(text: string): AgentData {
  try {
    const { browser, os, platform } = parse(text);
    return { browser: named(browser.name), system: named(os.name), deviceKind: named(platform.type) };
  } catch {
    return UNKNOWN;
  }
}

function named(name: string | undefined): string | null {
  return name === undefined || name === "" ? null : name;
}
