import type { Messages } from "./messages.ts";

export const enInbox: Messages["inbox"] = {
  heading: "Your messages",
  summary: (unread) =>
    unread === 0
      ? "There is nothing new."
      : unread === 1
        ? "One message is new."
        : `${unread} messages are new.`,
  unread: "New",
  earlier: "Read before",
  markRead: "Mark as read",
  markAll: "Mark all as read",
  open: (unread) => (unread === 0 ? "Your messages" : `Your messages (${unread} new)`),
  ofSomebody: (name, holder) => `${name} (${holder ?? "nobody in particular"})`,
  title: {
    granted: (name, until) => `${name} is off until ${until}`,
    renewed: (name, until) => `${name} stays off until ${until}`,
    unusual: (name) => `${name}: left out unusually often`,
    ending: (name, until) => `${name} comes back on by itself on ${until}`,
    ended: (name) => `${name} is on again`,
    refused: (name) => `${name} stays on`,
    suspended: (name) => `${name} is on for now`,
    resumed: (name, until) => `${name} is off again until ${until}`,
  },
  text: {
    granted: {
      holder: "You can turn it back on at any time, with one press.",
      owner: "You answer for this, so we tell you. You can end it at any time.",
    },
    renewed: {
      holder: "You can turn it back on at any time, with one press.",
      owner: "You answer for this, so we tell you. You can end it at any time.",
    },
    unusual: {
      holder:
        "Today we did not ask far more often than on any day before. If that was not you, turn it back on now.",
      owner: "Today we did not ask far more often than on any day before. Please look whether that is right.",
    },
    ending: {
      holder: "You need not do anything. If you still need it off, look at it before then.",
      owner: "Nobody needs to do anything. If it is still needed, look at it before then.",
    },
    ended: { holder: "We ask again as before.", owner: "We ask again as before." },
    refused: { holder: "Nothing was changed.", owner: "Nothing was changed." },
    suspended: { holder: "We ask again for now.", owner: "We ask again for now." },
    resumed: {
      holder: "You can turn it back on at any time, with one press.",
      owner: "You answer for this, so we tell you. You can end it at any time.",
    },
  },
  because: {
    time: { holder: "Its time was up.", owner: "Its time was up." },
    "review-unanswered": {
      holder: "Nobody checked in time whether it was still needed.",
      owner: "Nobody checked in time whether it was still needed.",
    },
    person: {
      holder: "You, or whoever asked for it, turned it back on.",
      owner: "Whoever holds it, or asked for it, turned it back on.",
    },
    operator: {
      holder: "Your organisation turned it back on.",
      owner: "Somebody of your organisation turned it back on.",
    },
    review: {
      holder: "Your organisation looked at it again and ended it.",
      owner: "Somebody looked at it again and ended it.",
    },
    "entity-deleted": {
      holder: "The device or the account that it was for was removed.",
      owner: "The device or the account that it was for was removed.",
    },
    "lost-tail": {
      holder: "We were not sure of our records, so we turned it back on.",
      owner: "We were not sure of our records, so we turned it back on.",
    },
    signal: {
      holder:
        "We were told of something unusual, so we ask again for now. It goes on as before once that is over.",
      owner:
        "We were told of something unusual, so we ask again for now. It goes on as before once that is over.",
    },
    calm: {
      holder: "Nothing unusual has happened since, so it is as you chose it again.",
      owner: "Nothing unusual has happened since.",
    },
    "step-up": {
      holder: "You showed that it is you, so it is as you chose it again.",
      owner: "Whoever holds it showed who they are.",
    },
    cleared: {
      holder: "Your organisation looked at it and found nothing wrong.",
      owner: "Somebody of your organisation looked at it and found nothing wrong.",
    },
    denied: {
      holder: "Your organisation did not agree to turn it off.",
      owner: "Somebody of your organisation did not agree to turn it off.",
    },
    lapsed: {
      holder: "Nobody decided in time. You can ask again.",
      owner: "Nobody decided in time whether to turn it off.",
    },
  },
  mailEnd: (url) => `See all of your messages: ${url}`,
  recovered: {
    title: () => "Your account was recovered",
    text: (at, from) =>
      `On ${at}, somebody who reads your mail${from === null ? "" : ` (network ${from})`} added a new way to sign in. You were signed out everywhere, and devices that you trusted are not trusted any more. If it was not you, tell your organisation at once.`,
  },
};
