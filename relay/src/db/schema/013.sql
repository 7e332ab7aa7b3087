-- A use under a clock that nobody vouched for moves when its boot's true time is known: `unsure_boot` and what its entry says of its
-- time; both absent of any other.
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
  unsure_boot @ID@,
  body TEXT,
  PRIMARY KEY (account, facility, tag, ended_ms, box, epoch, seq, held_in)
)@ROWLESS@;
CREATE INDEX uses_unsure ON uses (account, facility, unsure_boot) WHERE unsure_boot IS NOT NULL;
UPDATE facilities SET refold = TRUE;
