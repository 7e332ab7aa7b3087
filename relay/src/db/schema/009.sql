-- A box that is known by another log, as one is that was restored from before its claim: `epoch` and `log_key` of the log with which
-- it came. Its code is used and has no answer until a person has admitted that log, or the code has expired.
ALTER TABLE claims ADD COLUMN epoch @ID@;
ALTER TABLE claims ADD COLUMN log_key @BLOB@;
