-- Texts that were erased, by hash: none of them comes back with a batch or a run. Made anew by the fold, and never emptied.
CREATE TABLE erased_texts (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  hash @ID@ NOT NULL,
  PRIMARY KEY (account, box, hash)
)@ROWLESS@;
UPDATE facilities SET refold = TRUE;
