import { type Batch, StoreError } from "@postern/service";

const LEAF_BYTES = 32;

/**
 * Refuses what no database could keep as it was given: text that is not Unicode would come back altered and
 * break its leaf hash, and PostgreSQL has no NUL in text. Canonical JSON holds neither.
 */
export function refuseUnsoundBatch(batch: Batch): void {
  const size = batch.expected.size + batch.entries.length;
  if (batch.head.size !== size) refuse(`expected a head of size \`${size}\`, got \`${batch.head.size}\``);
  if (batch.head.batch !== batch.id)
    refuse(`expected a head written by batch \`${batch.id}\`, got \`${batch.head.batch}\``);
  if (batch.entries.length === 0 && batch.rows.length > 0)
    refuse("expected an entry for a change of rows, got none");

  text(batch.id, "batch id");
  text(batch.head.digests, "digests");
  for (const entry of batch.entries) {
    text(entry.body, "entry");
    if (entry.leaf.length !== LEAF_BYTES)
      refuse(`expected a leaf hash of \`${LEAF_BYTES}\` bytes, got \`${entry.leaf.length}\``);
    for (const value of entry.sealed) {
      text(value.pointer, "pointer");
      text(value.key, "key id");
    }
  }
  for (const row of batch.rows) {
    text(row.id, "row id");
    text(row.body, "row");
  }
  for (const key of batch.keys) {
    text(key.id, "key id");
    text(key.wrappedBy, "key id");
  }
  for (const id of batch.lostKeys) text(id, "key id");
  for (const document of batch.documents) {
    text(document.id, "document id");
    text(document.text, "document");
  }
  for (const answer of batch.answers) {
    text(answer.actor, "actor");
    text(answer.key, "idempotency key");
  }
}

/** Refuses a text that would not come back as it was given. */
export function text(value: string, what: string): void {
  if (!value.isWellFormed()) refuse(`expected well-formed Unicode in the ${what}, got a lone surrogate`);
  if (value.includes("\0")) refuse(`expected no NUL character in the ${what}, got one`);
}

function refuse(message: string): never {
  throw new StoreError("refused", message, "no");
}
