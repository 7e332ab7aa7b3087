-- How accounts are called in addresses and look: a further part of the first step.

-- Short names. `until_ms`: until when an earlier one leads on to the present one; absent of that.
CREATE TABLE account_slugs (
  slug @ID@ NOT NULL PRIMARY KEY,
  account BIGINT NOT NULL,
  since_ms BIGINT NOT NULL,
  until_ms BIGINT
)@ROWLESS@;
CREATE UNIQUE INDEX account_slugs_present ON account_slugs (account) WHERE until_ms IS NULL;

-- Pictures, as this relay has drawn them anew: PNG. `logo`: SHA-256 of it.
CREATE TABLE account_logos (
  account BIGINT NOT NULL PRIMARY KEY,
  logo @BLOB@ NOT NULL,
  picture @BLOB@ NOT NULL
);

-- An account's own words in mails: `slot` is subject, intro or closing.
CREATE TABLE mail_words (
  account BIGINT NOT NULL,
  kind @ID@ NOT NULL,
  language @ID@ NOT NULL,
  slot @ID@ NOT NULL,
  text TEXT NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (account, kind, language, slot)
);

@WALL@ account_slugs, account_logos, mail_words;
