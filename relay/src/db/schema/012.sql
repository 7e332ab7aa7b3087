-- A use stands where it ended: from then on a cleaning is due. `held_in`: the run that its line stands in; empty where its log has it.
DROP TABLE uses;
CREATE TABLE uses (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  ended_ms BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  held_in @ID@ NOT NULL,
  PRIMARY KEY (account, facility, tag, ended_ms, box, epoch, seq, held_in)
)@ROWLESS@;
UPDATE facilities SET refold = TRUE;
