export { type AddressPage, addressPage, outboxPage } from "./address/address-page.ts";
export {
  type ChallengesPage,
  challengesPage,
  notMePage,
  type ShownChallenge,
} from "./challenges/challenges-page.ts";
export type { DeviceAsked } from "./devices/device-script.ts";
export { type DevicesPage, devicesPage, type ShownDevice } from "./devices/devices-page.ts";
export type { PageShell } from "./document.ts";
export { passkeyPage, passwordPage, recoveryPage, totpPage } from "./factors/enrol-page.ts";
export { type FactorsPage, factorsPage, type ShownFactor } from "./factors/factors-page.ts";
export { escapeHtml, type Html, html, plainText } from "./html.ts";
export { type InboxMessage, type InboxPage, inboxPage } from "./inbox/inbox-page.ts";
export { type Notice, noticeText } from "./inbox/notice-text.ts";
export { acceptedLocales, messagesFor } from "./messages/index.ts";
export type { By, Messages, Told, Where } from "./messages/messages.ts";
export { noticePage, type Way } from "./notice-page.ts";
export { guardHeaders, pageHeaders } from "./page-headers.ts";
export { type ParkedFormPage, parkedFormPage } from "./parked-form/parked-form-page.ts";
export { type ListPage, listPage } from "./protection/list-page.ts";
export type {
  FormKey,
  Kept,
  Offered,
  Opening,
  ShownDisclosure,
  State as OpeningState,
} from "./protection/model.ts";
export { nameOf } from "./protection/names.ts";
export { donePage, type OfferPage, offerPage } from "./protection/offer-page.ts";
export { type OptOutPage, optOutPage } from "./protection/opt-out-page.ts";
export { type TimeOutChoice, type TimeOutPage, timeOutPage } from "./protection/time-out-page.ts";
export {
  type RecoverySecondPage,
  recoveryAskPage,
  recoveryEnrolPage,
  recoveryMailPage,
  recoverySecondPage,
} from "./recovery/recovery-page.ts";
export {
  type DisownedPage,
  disownedPage,
  type SessionsPage,
  type ShownSession,
  type ShownSighting,
  sessionsPage,
} from "./sessions/sessions-page.ts";
export { userCodeConfirmPage, userCodePage } from "./sign-in/device-page.ts";
export { invitationPage, type SignInPage, type SignInWay, signInPage } from "./sign-in/sign-in-page.ts";
export { signOutPage } from "./sign-in/sign-out-page.ts";
export { steppedUpPage } from "./sign-in/stepped-up-page.ts";
export { shareLeft, timeText } from "./time.ts";
