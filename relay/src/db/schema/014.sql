-- Which keys this relay is known by: their public halves. The private ones are in the folders of the processes that need them, and a
-- process whose folder has not the current one of a kind does not start. `public` is a verifier key as text, of an authority its PEM.
CREATE TABLE authority (
  kind @ID@ NOT NULL, -- ca, cosign, directive
  n BIGINT NOT NULL,
  public TEXT NOT NULL,
  fingerprint @ID@ NOT NULL, -- SHA-256: of the text of a verifier key, of the DER of a certificate
  state @ID@ NOT NULL, -- next, current, retired, revoked
  from_ms BIGINT NOT NULL,
  until_ms BIGINT,
  exported_ms BIGINT, -- when the private half last went into a sealed file
  PRIMARY KEY (kind, n)
)@ROWLESS@;
CREATE UNIQUE INDEX authority_current ON authority (kind) WHERE state = 'current';
-- The newest key of each kind that a box knows; a box without a row was claimed when there were only the first.
CREATE TABLE box_keys (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  ca_n BIGINT NOT NULL,
  cosign_n BIGINT NOT NULL,
  directive_n BIGINT NOT NULL,
  announced @ID@, -- SHA-256 of what it was told of last
  PRIMARY KEY (account, box)
)@ROWLESS@;
-- What a box was asked, signed: numbers from 1 for each box, no gaps, for ever. The outcome comes from its log alone. ca_n, cosign_n and
-- directive_n: what it knows once it has applied it.
CREATE TABLE directives (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  number BIGINT NOT NULL,
  directive @ID@ NOT NULL,
  verb @ID@ NOT NULL,
  json TEXT NOT NULL,
  hash @BLOB@ NOT NULL,
  note TEXT NOT NULL,
  ca_n BIGINT NOT NULL,
  cosign_n BIGINT NOT NULL,
  directive_n BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  state @ID@ NOT NULL, -- queued, sent, applied, refused
  sent_ms BIGINT,
  outcome_epoch @ID@,
  outcome_seq BIGINT,
  reason TEXT,
  PRIMARY KEY (account, box, number)
);
CREATE INDEX directives_waiting ON directives (account, box) WHERE state IN ('queued', 'sent');
