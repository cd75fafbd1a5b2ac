import { html } from "../html.ts";
import type { FactorMessages, SignInMessages } from "./sign-in-messages.ts";

export const enSignIn: SignInMessages = {
  heading: "Sign in",
  stepHeading: "Show that it is you",
  why: {
    visit: "Then you go on to the page that you wanted.",
    step: "What you are about to open needs one more step. Then you go back to it.",
    fresh: "What you are about to do needs you to show again that it is you. Then you go back to it.",
    form: "What you filled in is kept. It is sent once you have shown that it is you.",
    change:
      "Ways to sign in change only after you have shown again that it is you, so that nobody else can change them.",
  },
  several: "Use one of these. If it takes two, you are asked for the other next.",
  as: (name) => html`You are signed in as <strong>${name}</strong>.`,
  name: "Name",
  password: "Password",
  code: "Code from your app",
  codeNote: "Six digits. Each code works once.",
  recovery: "I cannot use my app or passkey",
  recoveryCode: "Recovery code",
  recoveryNote: "Each works once. It lets you add a new app or passkey, and opens nothing else.",
  go: "Go on",
  usePasskey: "Use a passkey",
  passkeyNote: "Your device asks for your finger, face or PIN.",
  noScript: "Passkeys need JavaScript, which is off in this browser.",
  cancel: "Cancel",
  wrong: "That does not fit. Check what you typed and try again.",
  slowed: "There were too many tries. Wait a little, then try again.",
  busy: "That does not work right now. Please try again in a moment.",
  over: { heading: "Begin again", text: "This page was open for too long, or has been used already." },
  again: "Begin again",
  unreachable: {
    heading: "You need another way to sign in first",
    text: "What you wanted to open needs more than your account has. Add an app or a passkey, then come back.",
  },
  addWay: "Add a way to sign in",
  cancelled: {
    heading: "You did not go on",
    text: "Nothing was changed, and you are as signed in as before.",
  },
  cancelledForm: {
    heading: "You did not go on",
    text: "What you filled in was not sent and is no longer kept. You are as signed in as before.",
  },
  goneBack: "Go back",
  tooOften: {
    heading: "Your browser does not keep you signed in",
    text: "Allow cookies for both addresses, then open the page again.",
  },
  invited: (name) => html`This account is yours: <strong>${name}</strong>. Choose its password.`,
  invitedHeading: "Welcome",
  notInvited: {
    heading: "This link no longer works",
    text: "It works once, and for a day. Ask whoever sent it for a new one.",
  },
  signOut: "Sign out",
  signedOut: { heading: "You are signed out", text: "You can close this page." },
  upstream: {
    signIn: (name) => `Sign in with ${name}`,
    trouble: {
      down: (name) => ({
        heading: `${name} does not answer`,
        text: "Please try again in a moment, or sign in another way. Nothing was changed.",
      }),
      lying: (name) => ({
        heading: `We could not check the answer of ${name}`,
        text: "So we did not sign you in. Try again, or sign in another way. If it happens again, tell whoever runs this site.",
      }),
      declined: (name) => ({
        heading: `You are not signed in at ${name}`,
        text: "You did not go on there, or it did not let you. Nothing was changed.",
      }),
    },
    unknown: (name) => ({
      heading: "We do not know that account",
      text: `Nobody here has linked that account of ${name}. Sign in another way, then link it under “How you sign in”.`,
    }),
    another: (name) => ({
      heading: "That is not enough here",
      text: `The account at ${name} is another person's here, or you signed in there too long ago. Try again, or go on another way.`,
    }),
    stillThere: (name) => ({
      heading: "You are signed out",
      text: `You may still be signed in at ${name}. On a device that others use, sign out there too.`,
    }),
    signOut: (name) => `Sign out at ${name} too`,
  },
  device: {
    heading: "Sign in a device",
    text: "Type the code that the device or the program in front of you shows.",
    warning:
      "If somebody sent you the code, by mail, by chat or on the phone, stop: whoever sent it would be signed in as you.",
    code: "Code",
    wrong: "That code does not fit, or its time is over. Take a new one from the device.",
    confirmHeading: "Is that your own device?",
    asks: (client) =>
      html`<strong>${client}</strong> wants to be signed in as you, on the device that shows this code.`,
    confirm: "Yes, sign it in",
    refuse: "No, stop",
    done: { heading: "The device is signed in", text: "You can go back to it, and close this page." },
    tooOften: {
      heading: "Too many codes did not fit",
      text: "Wait ten minutes, then take a new code from the device.",
    },
  },
  client: {
    trouble: {
      heading: "That application could not sign you in",
      text: "Go back to it and try again. If it happens again, tell whoever runs the application.",
    },
    signOutHeading: "Sign out?",
    asks: (name) =>
      name === null
        ? html`You are signed out here and in every application that you opened with this sign-in.`
        : html`<strong>${name}</strong> asks to sign you out. You are signed out here and in every application that you opened with this sign-in.`,
    signOut: "Sign out everywhere",
    stay: "Stay signed in",
  },
};

export const enFactors: FactorMessages = {
  heading: "How you sign in",
  summary: "Keep at least two ways, so that losing one does not keep you out.",
  open: "How you sign in",
  kind: {
    password: "Password",
    passkey: "Passkey",
    totp: "Code app",
    "recovery-code": "Recovery codes",
    upstream: "Account elsewhere",
  },
  since: (at) => html`since ${at}`,
  lastUsed: (at) => html`last used ${at}`,
  neverUsed: "not used yet",
  left: (count) => (count === 1 ? "1 code left" : `${count} codes left`),
  bound: "stays on one device",
  synced: "kept in your account with its maker",
  add: "Add or change",
  addPasskey: "Add a passkey",
  addTotp: "Add a code app",
  setPassword: "Choose a password",
  changePassword: "Change the password",
  makeRecovery: "Make recovery codes",
  newRecovery: "Make new recovery codes",
  rename: "Rename",
  renameTo: "Its name",
  remove: "Remove",
  confirmFirst: "To add, change or remove one, first show that it is you. That holds for five minutes.",
  confirm: "Show that it is you",
  elsewhere: {
    heading: "You signed in at an application",
    text: "Ways to sign in with Postern are changed after signing in here.",
  },
  totpHeading: "Add a code app",
  totpText: "Open the app on this device, or type the key into it. Then type the code that it shows.",
  totpLink: "Open the app on this device",
  totpSecret: "Key",
  totpCode: "Code that the app shows",
  label: "What you call it",
  labelNote: "So that you can tell it from others, such as: phone.",
  save: "Save",
  passkeyHeading: "Add a passkey",
  passkeyText: "Your device makes a key that nobody can read or guess, and that no other site can ask for.",
  passkeyGo: "Make the passkey",
  passwordHeading: "Choose a password",
  newPassword: "New password",
  passwordNote: "At least 12 characters; a few words are best. Paste from a password manager if you like.",
  weak: {
    "too-short": "That is too short. Take at least 12 characters.",
    "too-long": "That is too long. Take at most 256 characters.",
    common: "That is among the first that a stranger would try. Take another.",
  },
  notProved: "That does not fit. Check the clock of your device and try again.",
  ended: { heading: "Begin again", text: "This was open for too long. Nothing was changed." },
  tooMany: {
    heading: "You have the most ways to sign in that there can be",
    text: "Remove one that you no longer use, then add the new one.",
  },
  last: {
    heading: "Add another way first",
    text: "Without this one your account would be less safe. Add another of its kind, then remove it. Nothing was changed.",
  },
  recoveryHeading: "Your recovery codes",
  recoveryText:
    "Write these down or print them now. They are not shown again, and those before no longer work.",
  recoveryDone: "I have kept them",
  link: (name) => `Link your account of ${name}`,
  linkFirst: (name) => ({
    heading: `Now sign in at ${name}`,
    text: "You show there that the account is yours. Then you come back, and can sign in here with it.",
  }),
  linkGo: (name) => `Go to ${name}`,
  linkedAlready: {
    heading: "That account is linked already",
    text: "It belongs to an account here, yours or another. Nothing was changed.",
  },
  back: "Back to how you sign in",
  saved: "Saved.",
};
