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
  PRIMARY KEY (account, box)
)@ROWLESS@;
