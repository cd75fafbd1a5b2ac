import type { Instant } from "@postern/core";

/**
 * Something that a protocol handed out and must know again: a code, a token, a grant. Working state, never part of a
 * commit: losing one only means that somebody signs in again.
 */
export interface StoredArtifact {
  /** Its kind and a hash of what it is known by: whoever reads the database cannot use what stands there. */
  readonly id: string;
  /** What is revoked together; null: nothing with it. */
  readonly grant: string | null;
  /** The session, or another name that it is found by too. */
  readonly uid: string | null;
  /** Sealed. */
  readonly box: Uint8Array;
  /** When it was used up, by control-plane time; null: not yet. */
  readonly consumedAt: Instant | null;
  /** It is worth nothing from here on; pruning drops it later. */
  readonly until: Instant;
}

/** Every write is durable before it answers: what was used up stays used up. */
export interface ArtifactTable {
  /** In place of one with the same id. What was used up stays so. */
  put(artifact: Omit<StoredArtifact, "consumedAt">): Promise<void>;
  get(id: string): Promise<StoredArtifact | null>;
  /** All of one kind with this other name, in the order of their ids. */
  byUid(kind: string, uid: string): Promise<readonly StoredArtifact[]>;
  /** True for one caller alone, however many ask at once: for the first. False: used up before, or not there. */
  consume(id: string, at: Instant): Promise<boolean>;
  /** True for the one that removed it. */
  destroy(id: string): Promise<boolean>;
  revokeGrant(grant: string): Promise<void>;
}

/** One artifact as whoever handed it out knows it. */
export interface Artifact {
  readonly payload: unknown;
  readonly consumedAt: Instant | null;
}

/** The same table with payloads in the clear, sealed on their way, and nothing that is past its time. */
export interface Artifacts {
  /** `seconds`: for how long it is good. */
  put(
    kind: string,
    id: string,
    artifact: {
      readonly payload: unknown;
      readonly grant: string | null;
      readonly uid: string | null;
      readonly seconds: number;
    },
  ): Promise<void>;
  get(kind: string, id: string): Promise<Artifact | null>;
  byUid(kind: string, uid: string): Promise<readonly Artifact[]>;
  /** True for one caller alone, on all nodes together. */
  consume(kind: string, id: string): Promise<boolean>;
  destroy(kind: string, id: string): Promise<boolean>;
  revokeGrant(grant: string): Promise<void>;
}
