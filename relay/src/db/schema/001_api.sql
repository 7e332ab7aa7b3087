-- What programs need beside their tokens: a further part of the first step.

-- Origins whose pages may read with a token (CORS); none of them writes.
CREATE TABLE token_origins (
  account BIGINT NOT NULL,
  token_id @ID@ NOT NULL,
  origin @ID@ NOT NULL,
  PRIMARY KEY (account, token_id, origin)
)@ROWLESS@;
CREATE INDEX token_origins_origin ON token_origins (origin);

-- What was answered under an idempotency key of a token, written with the effect. `request`: SHA-256 of what was to be done. `location`
-- and `etag`: headers of the answer. Behind `until_ms` the key is free again.
CREATE TABLE idempotency (
  account BIGINT NOT NULL,
  token_id @ID@ NOT NULL,
  idem_key @ID@ NOT NULL,
  request @BLOB@ NOT NULL,
  status BIGINT NOT NULL,
  location TEXT,
  etag TEXT,
  body @BLOB@ NOT NULL,
  until_ms BIGINT NOT NULL,
  PRIMARY KEY (account, token_id, idem_key)
)@ROWLESS@;
CREATE INDEX idempotency_until ON idempotency (until_ms);

-- Whole numbers of things for scripts of the app before this one. `kind`: equipment, cleaning or facility. `thing`: its id here. A number
-- is a thing's for good.
CREATE TABLE old_ids (
  account BIGINT NOT NULL,
  kind @ID@ NOT NULL,
  old BIGINT NOT NULL,
  thing @ID@ NOT NULL,
  PRIMARY KEY (account, kind, old)
)@ROWLESS@;
CREATE UNIQUE INDEX old_ids_thing ON old_ids (account, kind, thing);

-- The last number of each kind. Whoever numbers takes this row first, so that two who number at once take turns.
CREATE TABLE old_id_heads (
  account BIGINT NOT NULL,
  kind @ID@ NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (account, kind)
)@ROWLESS@;

@WALL@ token_origins, idempotency, old_ids, old_id_heads;
