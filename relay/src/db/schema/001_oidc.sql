-- Sign-in by the providers of accounts (OpenID Connect): the fourth part of the first step.

-- Who signs an account's people in. `preset`: entra, okta, google, other. `secret`: sealed with the sealing key `seal_n`. `role`: of
-- people who come in a proven domain and were never here, where no group of theirs says more; `claim`: which claim names their groups; `user_names`: a user name in a
-- proven domain is somebody's address. `enforced`: passwords of people in its proven domains show nothing of the
-- account. `metadata`: JSON of where the provider is asked, as it said at `fetched_ms`.
CREATE TABLE oidc_providers (
  account BIGINT NOT NULL,
  provider @ID@ NOT NULL,
  preset @ID@ NOT NULL,
  issuer @ID@ NOT NULL,
  client_id TEXT NOT NULL,
  seal_n BIGINT NOT NULL,
  secret @BLOB@ NOT NULL,
  role @ID@ NOT NULL,
  claim @ID@ NOT NULL,
  user_names BOOLEAN NOT NULL,
  enforced BOOLEAN NOT NULL,
  metadata TEXT NOT NULL,
  fetched_ms BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (account, provider)
);
CREATE UNIQUE INDEX oidc_providers_provider ON oidc_providers (provider);

-- What somebody becomes who comes for the first time and whose claim has this value, exactly. `role`: account_admin, facility_admin, biomed,
-- technician. `place`: the id of a facility or region, or `all`, or `none`.
CREATE TABLE oidc_group_roles (
  account BIGINT NOT NULL,
  provider @ID@ NOT NULL,
  value @ID@ NOT NULL,
  role @ID@ NOT NULL,
  place @ID@ NOT NULL,
  PRIMARY KEY (account, provider, value, role, place)
)@ROWLESS@;

-- Domains of e-mail addresses, in lower case. `token`: what the domain's owner publishes. A domain is proven by one account only.
CREATE TABLE oidc_domains (
  account BIGINT NOT NULL,
  domain @ID@ NOT NULL,
  provider @ID@ NOT NULL,
  token @ID@ NOT NULL,
  made_ms BIGINT NOT NULL,
  proven_ms BIGINT,
  PRIMARY KEY (account, domain)
)@ROWLESS@;
CREATE UNIQUE INDEX oidc_domains_proven ON oidc_domains (domain) WHERE proven_ms IS NOT NULL;

-- Sign-ins that were sent to a provider and have not come back. `digest`: SHA-256 of `state`; `browser`: of the cookie's secret.
-- `invitation`: digest of the link by which they come; `linking`: number of the person who links their identity; `confirms`: whether the
-- provider was asked to look anew who it is, for a form that takes it.
CREATE TABLE oidc_flows (
  digest @BLOB@ NOT NULL PRIMARY KEY,
  account BIGINT NOT NULL,
  provider @ID@ NOT NULL,
  browser @BLOB@ NOT NULL,
  next_path TEXT NOT NULL,
  invitation @BLOB@,
  linking BIGINT,
  confirms BOOLEAN NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX oidc_flows_expires ON oidc_flows (expires_ms);

-- As whom providers know people: `subject` is the issuer's own id of somebody, never an e-mail address.
CREATE TABLE identities (
  issuer @ID@ NOT NULL,
  subject @ID@ NOT NULL,
  person BIGINT NOT NULL,
  linked_ms BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
)@ROWLESS@;
CREATE INDEX identities_person ON identities (person);

@PLATFORM@ identities;
@WALL@ oidc_providers, oidc_group_roles, oidc_domains, oidc_flows;
