import { formatInstant } from "@postern/core";
import type { AccessTask } from "@postern/service";
import type { Places } from "../wiring.ts";
import { REQUESTS } from "./context.ts";
import type { AccessTokens, Handle } from "./tokens.ts";

/** Task states of the access-request profile. Once a task is no longer pending its state stays. */
type TaskStatus = "pending" | "approved" | "denied" | "expired" | "cancelled";

/** An approval is told for good: what became of the opt-out afterwards is told by the next evaluation. */
function statusOf({ granted, state }: AccessTask): TaskStatus {
  if (granted) return "approved";
  switch (state) {
    case "pending":
      return "pending";
    case "denied":
      return "denied";
    case "lapsed":
    case "expired":
      return "expired";
    case "withdrawn":
    case "revoked":
      return "cancelled";
    case "scheduled":
    case "active":
    case "suspended":
      return "approved";
    default:
      return state satisfies never;
  }
}

const TITLES: Readonly<Record<TaskStatus, string>> = {
  pending: "Your request waits",
  approved: "Your request was approved",
  denied: "Your request was not approved",
  expired: "Nobody decided in time",
  cancelled: "The request was taken back",
};

export interface TaskDocument {
  readonly task: {
    readonly id: string;
    readonly status: TaskStatus;
    readonly status_endpoint: string;
    readonly display: { readonly title: Readonly<Record<string, string>> };
    readonly expires_at?: string;
    readonly progress?: {
      readonly current_step: number;
      readonly total_steps: number;
      readonly step_name: "consent" | "approval";
    };
    readonly links: { readonly ticket: string; readonly cancel?: string; readonly consent?: string };
  };
  readonly result?: {
    readonly mode: "reevaluate";
    readonly approval: {
      readonly id: string;
      readonly approved_at?: string;
      readonly approved_until: string;
    };
  };
}

/** A task as the profile tells it: nothing of who decides, why, or which policy. */
export function taskDocument(
  task: AccessTask,
  handle: Handle,
  { accessTokens, places }: { readonly accessTokens: AccessTokens; readonly places: Places },
): TaskDocument {
  const id = accessTokens.handle("arq", handle);
  const at = `${places.control()}${REQUESTS}/${id}`;
  const status = statusOf(task);
  const ticket = `${places.people()}/me/protection/${handle.optOut}`;
  return {
    task: {
      id,
      status,
      status_endpoint: at,
      display: { title: { en: TITLES[status] } },
      ...(status === "pending"
        ? {
            expires_at: formatInstant(task.decideBy),
            progress: {
              current_step: Math.min(task.steps.done + 1, task.steps.all),
              total_steps: task.steps.all,
              step_name: task.consentMissing ? "consent" : "approval",
            },
            links: { ticket, cancel: `${at}/cancel`, ...(task.consentMissing ? { consent: ticket } : {}) },
          }
        : { links: { ticket } }),
    },
    ...(status === "approved"
      ? {
          result: {
            mode: "reevaluate",
            approval: {
              id: accessTokens.handle("apr", handle),
              ...(task.grantedAt === null ? {} : { approved_at: formatInstant(task.grantedAt) }),
              approved_until: formatInstant(task.endsAt),
            },
          },
        }
      : {}),
  };
}
