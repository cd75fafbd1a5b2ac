import type { TSchema } from "typebox";
import { type AttributesDocument, attributesSchema } from "./attributes.ts";
import { type OfferDocument, offerSchema } from "./offer.ts";
import { type ProtectionDocument, protectionSchema } from "./protection.ts";
import { type RiskDocument, riskSchema } from "./risk.ts";
import { type SessionProfileDocument, sessionProfileSchema } from "./session-profile.ts";
import { type SignalRuleDocument, signalRuleSchema } from "./signal-rule.ts";

export type PolicyDocument =
  | ProtectionDocument
  | OfferDocument
  | RiskDocument
  | SessionProfileDocument
  | SignalRuleDocument
  | AttributesDocument;

export type Kind = PolicyDocument["kind"];

export const KIND_SCHEMAS: Readonly<Record<Kind, TSchema>> = {
  Protection: protectionSchema.json,
  Offer: offerSchema.json,
  Risk: riskSchema.json,
  SessionProfile: sessionProfileSchema.json,
  SignalRule: signalRuleSchema.json,
  Attributes: attributesSchema.json,
};

export const KINDS: readonly Kind[] = [
  "Protection",
  "Offer",
  "Risk",
  "SessionProfile",
  "SignalRule",
  "Attributes",
];

/** Kinds that the design names and this version does not yet act on. */
export const KINDS_NOT_AVAILABLE: readonly string[] = ["Catalogue", "ErasurePlan"];

export function isKind(text: string): text is Kind {
  return Object.hasOwn(KIND_SCHEMAS, text);
}
