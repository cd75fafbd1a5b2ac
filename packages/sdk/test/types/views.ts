import type * as sdk from "@postern/sdk";
import type * as service from "@postern/service";

// What the server answers is what the SDK says it answers.
type Fits<Answered extends Said, Said> = Answered;

export type Answers = [
  Fits<service.OptOutView, sdk.OptOut>,
  Fits<service.OfferView, sdk.Offer>,
  Fits<service.DisclosureView, sdk.Disclosure>,
  Fits<service.RevocationView, sdk.Revocation>,
  Fits<service.LockView, sdk.Lock>,
  Fits<service.SessionView, sdk.Session>,
  Fits<service.EntityDetail, sdk.Entity>,
  Fits<service.TokenView, sdk.Token>,
  Fits<service.RevisionView, sdk.Revision>,
  Fits<service.ReviewView, sdk.Review>,
  Fits<service.DecisionView, sdk.LoggedDecision>,
  Fits<service.WhyView, sdk.Why>,
  Fits<service.KeyStatus, sdk.Key>,
];
export type Requests = [
  Fits<sdk.OptOutRequest, service.OptOutRequest>,
  Fits<sdk.TokenRequest, Parameters<service.TokenService["issue"]>[1]>,
  Fits<sdk.SignedIn, Parameters<service.SessionService["register"]>[1]>,
  Fits<sdk.EntityFields, Parameters<service.EntityService["put"]>[2]>,
];
