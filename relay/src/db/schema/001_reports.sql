-- Reports that are made while nobody waits for them. A further part of the first step.

-- `owner`: `member:` and the id of a person, or `token:` and that of a token. `schedule`: of what is made again and again; empty where
-- somebody asked. `body`: JSON of what is asked for. `from_day`, `to_day`: days since 1970. `state`: waiting, making, ready, failed,
-- cancelled. `fault`: why it failed, a word. The file lies in the object store under the report's id.
CREATE TABLE reports (
  account BIGINT NOT NULL,
  report @ID@ NOT NULL,
  owner @ID@ NOT NULL,
  schedule @ID@ NOT NULL,
  format @ID@ NOT NULL,
  locale @ID@ NOT NULL,
  body TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  to_day BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  state @ID@ NOT NULL,
  percent BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  fault @ID@ NOT NULL,
  PRIMARY KEY (account, report)
);
CREATE INDEX reports_owner ON reports (account, owner, report);
CREATE INDEX reports_made ON reports (made_ms);

-- What members have made again and again. `pace`: week, month. `facility`: empty of all that the member sees. That a period's report was put
-- in stands in mail_marks.
CREATE TABLE report_schedules (
  account BIGINT NOT NULL,
  schedule @ID@ NOT NULL,
  owner @ID@ NOT NULL,
  pace @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  format @ID@ NOT NULL,
  locale @ID@ NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (account, schedule)
);

@WALL@ reports, report_schedules;
