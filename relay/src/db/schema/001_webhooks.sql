-- Webhooks: what accounts have sent to them when something happens. A further part of the first step.

-- `events`: words with blanks between them. `limited`: only what happens in the facilities of webhook_places. `secret`: sealed with the
-- sealing key `seal_n`, as is the one before it, which signs beside it until `old_until_ms`. `state`: on, paused, off (it failed for days).
-- `failing_ms`: since when nothing has arrived; `failed_ms`: when that was noticed last.
CREATE TABLE webhooks (
  account BIGINT NOT NULL,
  webhook @ID@ NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  limited BOOLEAN NOT NULL,
  seal_n BIGINT NOT NULL,
  secret @BLOB@ NOT NULL,
  old_seal_n BIGINT,
  old_secret @BLOB@,
  old_until_ms BIGINT,
  state @ID@ NOT NULL,
  failing_ms BIGINT,
  failed_ms BIGINT,
  made_by TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (account, webhook)
);

CREATE TABLE webhook_places (
  account BIGINT NOT NULL,
  webhook @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  PRIMARY KEY (account, webhook, facility)
)@ROWLESS@;

-- From which line on cleanings of a log have not been gathered into deliveries. Only of accounts that have a webhook for them.
CREATE TABLE webhook_marks (
  account BIGINT NOT NULL,
  log BIGINT NOT NULL,
  from_seq BIGINT NOT NULL,
  PRIMARY KEY (account, log)
)@ROWLESS@;

-- What else has not been. `thing`: the tag of an item, the id of a box. `at_ms`: since when it is so. `word`: how it stands.
CREATE TABLE webhook_events (
  account BIGINT NOT NULL,
  event @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  thing @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  word @ID@ NOT NULL,
  PRIMARY KEY (account, event, facility, thing, at_ms)
)@ROWLESS@;

-- What is sent: once, however many webhooks it is for. `digest`: SHA-256 of the body. `made_ms`: when it was sent to one of them last.
CREATE TABLE webhook_bodies (
  account BIGINT NOT NULL,
  digest @BLOB@ NOT NULL,
  body TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (account, digest)
);
CREATE INDEX webhook_bodies_made ON webhook_bodies (made_ms);

-- `delivery` is the webhook-id. `digest`: of its body. `state`: wait, sent, failed. `status` and `answer`: of the last try, where the receiver answered;
-- `error`: why it did not arrive.
CREATE TABLE webhook_deliveries (
  account BIGINT NOT NULL,
  delivery @ID@ NOT NULL,
  webhook @ID@ NOT NULL,
  event @ID@ NOT NULL,
  digest @BLOB@ NOT NULL,
  state @ID@ NOT NULL,
  tries BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  tried_ms BIGINT,
  status BIGINT,
  answer TEXT,
  error TEXT,
  PRIMARY KEY (account, delivery)
);
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (account, webhook, delivery);
CREATE INDEX webhook_deliveries_made ON webhook_deliveries (made_ms);

@WALL@ webhooks, webhook_places, webhook_marks, webhook_events, webhook_bodies, webhook_deliveries;
