import { html } from "../html.ts";
import type { DeviceMessages } from "./device-messages.ts";

export const enDevices: DeviceMessages = {
  heading: "Devices you trust",
  summary:
    "A device that you trust can be asked for fewer steps, where your organisation offers that. It proves each time that it is still the same device, so a stolen sign-in does not count as one.",
  open: "Devices you trust",
  trusted: "Trusted now",
  over: "No longer trusted",
  thisOne: "this device",
  unnamed: "Device without a name",
  since: (at) => html`trusted since ${at}`,
  until: (at) => html`until ${at}`,
  ended: (at) => html`ended ${at}`,
  revoked: (at) => html`ended by you or your organisation ${at}`,
  trustThis: "Trust this device",
  trustText:
    "Only do this where nobody else uses this browser. It makes a key that cannot be copied out of it. You can end this here at any time, from any device.",
  trust: "Trust this device",
  label: "What you call it",
  labelNote: "So that you can tell it from others, such as: work laptop.",
  renew: "Trust this device for longer",
  renewFirst: "Trust this device for longer",
  rename: "Rename",
  renameTo: "Its name",
  save: "Save",
  revoke: "Stop trusting",
  confirmFirst: "To trust this device, first show that it is you. That holds for five minutes.",
  confirm: "Show that it is you",
  unsaid:
    "To trust this device, first show that it is you, and say whether others use it too. That holds for five minutes.",
  shared:
    "This sign-in is on a shared computer, so it cannot be trusted. If that is wrong, ask your organisation to change it.",
  elsewhere: "You signed in at an application. Sign in here to trust this device.",
  noScript:
    "To trust a device needs JavaScript, which is off in this browser. Everything else on this page works.",
  notHere: "This browser cannot keep a key. A private window often cannot.",
  failed: "That did not work. Reload this page and try again.",
  tick: "Others use this computer too",
  tickNote: "Then it is never trusted, and nothing is made easier on it.",
};
