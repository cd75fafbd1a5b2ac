/**
 * The median rate of re-authentications as a history grows from 12 to 39 sign-ins, and how many those are of 39: read
 * off the figure of Wiefling et al. (ACM TOPS 2022) for their model on their data, give or take 0.03.
 */
export type AttackerName = "naive" | "VPN" | "targeted" | "very targeted";

export interface Published {
  readonly rate: number;
  readonly at12: number;
  readonly at39: number;
  readonly of39: string;
}

export const PUBLISHED: Readonly<Record<Exclude<AttackerName, "very targeted">, readonly Published[]>> = {
  naive: [
    { rate: 0.98, at12: 0.08, at39: 0.03, of39: "1" },
    { rate: 0.99, at12: 0.17, at39: 0.03, of39: "1 to 2" },
    { rate: 0.995, at12: 0.25, at39: 0.05, of39: "2" },
    { rate: 0.999, at12: 0.58, at39: 0.15, of39: "6 to 8" },
  ],
  VPN: [
    { rate: 0.98, at12: 0.17, at39: 0.05, of39: "2" },
    { rate: 0.99, at12: 0.25, at39: 0.08, of39: "3" },
    { rate: 0.995, at12: 0.33, at39: 0.08, of39: "3 to 4" },
    { rate: 0.999, at12: 0.67, at39: 0.2, of39: "8 to 9" },
  ],
  targeted: [
    { rate: 0.98, at12: 0.15, at39: 0.05, of39: "2" },
    { rate: 0.99, at12: 0.33, at39: 0.08, of39: "3" },
    { rate: 0.995, at12: 0.4, at39: 0.1, of39: "4" },
    { rate: 0.999, at12: 0.66, at39: 0.23, of39: "9 to 11" },
  ],
};
