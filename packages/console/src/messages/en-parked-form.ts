import type { ParkedFormMessages } from "./parked-form-messages.ts";

export const enParkedForm: ParkedFormMessages = {
  heading: "Send what you filled in?",
  text: "You filled this in before. It has not been sent yet.",
  to: "Goes to",
  notShown: "not shown",
  empty: "left empty",
  more: (count) => (count === 1 ? "and 1 more field" : `and ${count} more fields`),
  send: "Send it now",
  discard: "Do not send",
  kept: {
    heading: "One more step",
    text: "What you filled in is kept, and is sent once you have shown that it is you.",
  },
  sending: { heading: "Sending", text: "What you filled in is on its way." },
  refused: {
    "too-large": {
      heading: "One more step, then send it again",
      text: "Nothing was sent: what you filled in is too large to keep. Show that it is you, go back, and send it again.",
    },
    "too-many": {
      heading: "Too many forms are waiting",
      text: "Nothing was sent. Finish or cancel what you began before, or wait ten minutes; then go back and send it again.",
    },
    unreadable: {
      heading: "We could not read that",
      text: "Nothing was sent: what you filled in did not arrive whole. Go back and send it again.",
    },
  },
  gone: {
    heading: "What you filled in is no longer here",
    text: "It waits for ten minutes, for the person who filled it in, and is sent once. Nothing was sent just now. Look whether it arrived before; if it did not, fill it in again.",
  },
  stillMore: {
    heading: "That was not enough yet",
    text: "Nothing was sent. What you filled in is kept for a few minutes more.",
  },
  elsewhere: {
    heading: "The application did not take it there",
    text: "It was sent once, and the application asks to send it to another site. We do not do that by ourselves. Go back and send it again.",
  },
  back: "Go back",
  stepped: {
    done: { heading: "Done", text: "You can close this window and go on where you were." },
    cancelled: { heading: "You did not go on", text: "Nothing was changed. You can close this window." },
  },
};
