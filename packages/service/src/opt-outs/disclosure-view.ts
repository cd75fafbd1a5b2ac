import { type Disclosure, disclosureText } from "@postern/core";
import { sha256 } from "../record/seal-entry.ts";
import type { DisclosureView } from "../views.ts";

export function disclosureHash(disclosure: Disclosure): string {
  return Buffer.from(sha256(Buffer.from(disclosureText(disclosure), "utf8"))).toString("hex");
}

export function disclosureView(disclosure: Disclosure): DisclosureView {
  return { ...disclosure, hash: disclosureHash(disclosure) };
}
