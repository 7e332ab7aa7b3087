-- Alerts: what somebody at a facility must know, from when it began until it is over. A further part of the first step.

-- `subject`: the tag of an item, the id of a box, or what else it is about. `severity`: 1 a note, 2 a warning, 3 critical. `state`: pending (it is
-- not so for long enough), open, acknowledged, snoozed, closed. `facts`: JSON of `alerts::AlertFacts`. `level`: how often it was escalated.
-- `notify_ms`: from when on somebody is to be told; `notified_ms`: when somebody was, and `notified`: who, ids with blanks between them.
-- `closed_by`: `over`, or who closed it.
CREATE TABLE alerts (
  account BIGINT NOT NULL,
  alert @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  kind @ID@ NOT NULL,
  subject @ID@ NOT NULL,
  severity BIGINT NOT NULL,
  state @ID@ NOT NULL,
  since_ms BIGINT NOT NULL,
  opened_ms BIGINT,
  facts TEXT NOT NULL,
  level BIGINT NOT NULL,
  notify_ms BIGINT,
  notified_ms BIGINT,
  notified TEXT NOT NULL,
  acknowledged_by TEXT,
  acknowledged_ms BIGINT,
  snoozed_until_ms BIGINT,
  closed_ms BIGINT,
  closed_by TEXT,
  PRIMARY KEY (account, alert)
);
CREATE UNIQUE INDEX alerts_subject ON alerts (account, facility, kind, subject) WHERE state <> 'closed';
CREATE INDEX alerts_closed ON alerts (account, facility, closed_ms) WHERE state = 'closed';
CREATE INDEX alerts_notify ON alerts (account, facility) WHERE notify_ms IS NOT NULL;

-- What became of an alert. `who`: who did it, where a person did. `note`: their reason, or the entry that ended it.
CREATE TABLE alert_events (
  event @SERIAL@,
  account BIGINT NOT NULL,
  alert @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  word @ID@ NOT NULL,
  who TEXT,
  note TEXT NOT NULL
);
CREATE INDEX alert_events_alert ON alert_events (account, alert);

-- Where a rule is not as it comes: whether it is on, after how many minutes it opens, which roles are told (words with blanks between
-- them), and after how many minutes account admins are told that nobody acknowledged it; 0: never.
CREATE TABLE alert_rules (
  account BIGINT NOT NULL,
  kind @ID@ NOT NULL,
  is_on BOOLEAN NOT NULL,
  minutes BIGINT NOT NULL,
  roles TEXT NOT NULL,
  escalate_minutes BIGINT NOT NULL,
  PRIMARY KEY (account, kind)
);

-- Hours in which only critical alerts are told, minutes since midnight of each facility, and of the digest those of the account.
-- `digest_ms`: when the next digest is due; `NULL`: nobody has looked.
CREATE TABLE alert_hours (
  account BIGINT NOT NULL PRIMARY KEY,
  quiet_from BIGINT,
  quiet_until BIGINT,
  digest_at BIGINT,
  digest_ms BIGINT
);

@WALL@ alerts, alert_events, alert_rules, alert_hours;
