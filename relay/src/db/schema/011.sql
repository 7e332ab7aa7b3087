-- What entries say of an item apart from its cleanings and uses: further lines of its history. `held_in`: the run that the line
-- stands in; empty where its log has it.
CREATE TABLE item_notes (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  held_in @ID@ NOT NULL,
  PRIMARY KEY (account, facility, tag, at_ms, box, epoch, seq, held_in)
)@ROWLESS@;
UPDATE facilities SET refold = TRUE;
