-- People and how they come in: the second part of the first step.

-- A person, in any number of accounts. `email` is in lower case. `verified_ms`: since when it is known that mail to it reaches them.
-- `locale` and `zone`: in which they read pages and mails; absent where they have chosen none. `platform_role`: super_admin of whoever runs the platform. Behind the wall as far as they are members of the account.
CREATE TABLE people (
  person @SERIAL@,
  id @ID@ NOT NULL UNIQUE,
  email @ID@ NOT NULL UNIQUE,
  verified_ms BIGINT,
  name TEXT NOT NULL,
  locale @ID@,
  zone TEXT,
  platform_role @ID@,
  disabled_ms BIGINT,
  created_ms BIGINT NOT NULL,
  signed_in_ms BIGINT
);

-- What nobody but signing in reads: `password_hash` is a PHC string of argon2id.
CREATE TABLE credentials (
  person BIGINT NOT NULL PRIMARY KEY,
  password_hash TEXT NOT NULL,
  set_ms BIGINT NOT NULL
);

-- What proves a person beside their password. `kind`: totp, recovery, passkey. `secret`: of totp, sealed with the sealing key `seal_n`;
-- of recovery, the digest of a code under that key; of a passkey nothing, for what there is stands in `passkeys`. `step`: that of the last code,
-- each of which is of use once.
CREATE TABLE factors (
  person BIGINT NOT NULL,
  factor @ID@ NOT NULL,
  kind @ID@ NOT NULL,
  name TEXT NOT NULL,
  seal_n BIGINT NOT NULL,
  secret @BLOB@ NOT NULL,
  step BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  used_ms BIGINT,
  PRIMARY KEY (person, factor)
);

-- Sign-ins whose first step is done and whose second is not. `digest`: SHA-256 of the cookie's secret. `origin`: digest of
-- the bucket from which a try was taken, which is given back once they are in; absent where none was. `provider`: who did the first
-- step; absent where it was a password or a link. `shown_ms`: when they showed there that it is them; absent where it does not say.
CREATE TABLE second_steps (
  digest @BLOB@ NOT NULL PRIMARY KEY,
  person BIGINT NOT NULL,
  origin @BLOB@,
  provider @ID@,
  shown_ms BIGINT,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX second_steps_expires ON second_steps (expires_ms);

-- Who is of an account. `role`: account_admin, facility_admin, biomed, technician, auditor. `all_facilities`: else those that
-- `member_places` names. `until_ms`: when their time in it ends. `seen_ms`: when they signed in to it last. `signed_out_ms`: a browser
-- that showed before then that it is them comes in no more, whatever account it shows now.
CREATE TABLE members (
  account BIGINT NOT NULL,
  person BIGINT NOT NULL,
  role @ID@ NOT NULL,
  all_facilities BOOLEAN NOT NULL,
  since_ms BIGINT NOT NULL,
  until_ms BIGINT,
  disabled_ms BIGINT,
  seen_ms BIGINT,
  signed_out_ms BIGINT,
  PRIMARY KEY (account, person)
);
CREATE INDEX members_person ON members (person);

-- `place`: the id of a facility, or of a region, which stands for all of its facilities. `person` below 0: the `viewer` of an API token.
CREATE TABLE member_places (
  account BIGINT NOT NULL,
  person BIGINT NOT NULL,
  place @ID@ NOT NULL,
  PRIMARY KEY (account, person, place)
)@ROWLESS@;

-- Facilities that belong together; each is in one region or in none.
CREATE TABLE regions (
  account BIGINT NOT NULL,
  region @ID@ NOT NULL,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region)
);

-- Somebody who was invited by mail and has not come yet, or has. `places`: JSON list; `digest`: SHA-256 of the link's secret.
CREATE TABLE invitations (
  account BIGINT NOT NULL,
  invitation @ID@ NOT NULL,
  email @ID@ NOT NULL,
  role @ID@ NOT NULL,
  all_facilities BOOLEAN NOT NULL,
  places TEXT NOT NULL,
  until_ms BIGINT,
  digest @BLOB@ NOT NULL,
  made_ms BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  revoked_ms BIGINT,
  PRIMARY KEY (account, invitation)
);
CREATE UNIQUE INDEX invitations_digest ON invitations (digest);
CREATE INDEX invitations_email ON invitations (account, email);

-- Links of mails that are of use once: `kind` is sign-up, reset or sign-in. `digest`: SHA-256 of the secret. `person`: whose; absent of
-- somebody who signs up. `body`: JSON of what follows from it.
CREATE TABLE mail_links (
  digest @BLOB@ NOT NULL PRIMARY KEY,
  kind @ID@ NOT NULL,
  person BIGINT,
  body TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT
);
CREATE INDEX mail_links_expires ON mail_links (expires_ms);

-- What leaves by mail, written in the transaction of what it tells of; `account` is absent where it is of none yet. `body`: JSON of a
-- letter until it has left or is given up, then `{}`. `state`: wait; sent, delayed, delivered, bounced, complained as the provider says; failed,
-- suppressed, declined, capped: it never will; unsure: nobody knows whether it left, and a person decides. `rank`: of the state, which only rises but for
-- what a person sends again. `tried_ms`: the first try whose end is not known. `provider_id`: as the provider calls it. `answer`: what the
-- provider or the receiver said of it, where that was no good news. `topic`: of one that its reader can do without (`mail::letter`), and
-- `exit_digest`: SHA-256 of the secret in the link by which they stop it.
CREATE TABLE mails (
  mail @ID@ NOT NULL PRIMARY KEY,
  account BIGINT,
  kind @ID@ NOT NULL,
  address TEXT NOT NULL,
  body TEXT NOT NULL,
  locale @ID@ NOT NULL,
  zone TEXT NOT NULL,
  state @ID@ NOT NULL,
  rank BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  tried_ms BIGINT,
  sent_ms BIGINT,
  state_ms BIGINT NOT NULL,
  provider @ID@,
  provider_id @ID@,
  answer TEXT,
  topic @ID@,
  exit_digest @BLOB@
)@ROWLESS@;
CREATE INDEX mails_made ON mails (made_ms);
CREATE INDEX mails_open ON mails (state, made_ms) WHERE state IN ('wait', 'unsure', 'failed', 'suppressed', 'bounced');
CREATE INDEX mails_optional ON mails (address, made_ms) WHERE topic IS NOT NULL;
CREATE UNIQUE INDEX mails_exit ON mails (exit_digest) WHERE exit_digest IS NOT NULL;
CREATE INDEX mails_provider ON mails (provider_id) WHERE provider_id IS NOT NULL;

-- Which of the mails that they can do without somebody wants, in each account by itself. Without a row a topic is as it is by itself.
CREATE TABLE mail_preferences (
  account BIGINT NOT NULL,
  person BIGINT NOT NULL,
  topic @ID@ NOT NULL,
  is_on BOOLEAN NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (account, person, topic)
);

-- Mails by the calendar that were posted: each at most once, whatever restarts and clocks do.
CREATE TABLE mail_marks (
  account BIGINT NOT NULL,
  mark @ID@ NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (account, mark)
)@ROWLESS@;
CREATE INDEX mail_marks_set ON mail_marks (set_ms);

-- What a provider said of mails, each message once: `event` is its id there. `mail` is absent of one that is not of this relay, or is
-- forgotten. `word`: what it said.
CREATE TABLE mail_events (
  event @ID@ NOT NULL PRIMARY KEY,
  mail @ID@,
  word @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  got_ms BIGINT NOT NULL
)@ROWLESS@;
CREATE INDEX mail_events_mail ON mail_events (mail) WHERE word = 'bounced';
CREATE INDEX mails_bounced ON mails (address) WHERE state IN ('bounced', 'complained');
CREATE INDEX mail_events_got ON mail_events (got_ms);

-- Addresses to which nothing is sent, whichever account it is of. `kind`: bounce, complaint, provider; lifted: it is again, since then.
CREATE TABLE suppressions (
  address TEXT NOT NULL PRIMARY KEY,
  kind @ID@ NOT NULL,
  since_ms BIGINT NOT NULL
)@ROWLESS@;

-- Signed-in browsers, each in one account at a time. `digest` is the SHA-256 of the cookie's secret. `reauth_ms`: when they last
-- showed that it is them. `network` and `agent`: from where and with what they signed in. `provider`: who signed them in; absent of a
-- password or a link. `provider_factor`: whether it says that they showed a second factor there.
CREATE TABLE sessions (
  account BIGINT NOT NULL,
  digest @BLOB@ NOT NULL,
  person BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  used_ms BIGINT NOT NULL,
  reauth_ms BIGINT NOT NULL,
  network TEXT NOT NULL,
  agent TEXT NOT NULL,
  provider @ID@,
  provider_factor BOOLEAN NOT NULL,
  PRIMARY KEY (account, digest)
);
CREATE INDEX sessions_person ON sessions (person);

-- Tries to sign in, as buckets that refill (crate `service`): by a person's hashed e-mail address for all devices that are not
-- known, and by person and device for each that is. Of no account: it is not known yet whose they are.
CREATE TABLE attempt_buckets (
  name @ID@ NOT NULL PRIMARY KEY,
  missing_ms BIGINT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX attempt_buckets_at ON attempt_buckets (at_ms);

-- Devices from which a person has signed in. `device` is the SHA-256 of the cookie's secret. Behind the wall like the person.
CREATE TABLE known_devices (
  person BIGINT NOT NULL,
  device @BLOB@ NOT NULL,
  used_ms BIGINT NOT NULL,
  PRIMARY KEY (person, device)
);
CREATE INDEX known_devices_device ON known_devices (device);
CREATE INDEX known_devices_used ON known_devices (used_ms);

@MEMBERS@ people, known_devices, second_steps;
@PLATFORM@ credentials, factors, mail_links, mail_events, suppressions;
@WALL@ members, member_places, regions, invitations, mail_preferences, mail_marks, sessions;
