-- `key_known`: the log's key came with a claim, a key that did vouches for it, or a person admitted it. Only then its entries
-- count and its key renews certificates. A log of another key that has entries stays `apart` until a person has decided.
ALTER TABLE epochs ADD COLUMN key_known BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE epochs SET key_known = TRUE WHERE size > 0 OR EXISTS
  (SELECT 1 FROM boxes b WHERE b.account = epochs.account AND b.box = epochs.box AND b.claimed_ms = epochs.known_ms);
