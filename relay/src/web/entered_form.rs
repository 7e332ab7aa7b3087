//! What a form held that was refused for no fault of its sender, as the page of the error says it again.

use std::fmt;

use ::web::argument::FormFields;

use crate::web::form::{CONFIRM_CODE, CONFIRM_PASSKEY, CONFIRM_PASSWORD, FORM_TOKEN, MemberFormRules};

/// Fields that are said to nobody again: each that hides what is entered, as a test holds.
const SECRET_FIELDS: [&str; 9] = [
    CONFIRM_CODE,
    CONFIRM_PASSKEY,
    CONFIRM_PASSWORD,
    "client_secret",
    "code",
    "passkey",
    "passphrase",
    "password",
    "present",
];
/// Fields that a page writes into its form, and that a person only chose.
const PAGE_FIELDS: [&str; 18] = [
    FORM_TOKEN,
    "account",
    "act",
    "all",
    "everywhere",
    "here",
    "id",
    "listed_name",
    "listed_page",
    "next",
    "offer",
    "opened",
    "provider",
    "role",
    "seen",
    "switch",
    "to",
    "username",
];
/// Acts that are a press and nothing else, whatever their form says of what they are about.
const BARE_ACTS: [&str; 7] =
    ["delete", "domain-prove", "domain-remove", "enforce", "group-remove", "leave", "remove"];

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct EnteredForm {
    to: String,
    fields: FormFields,
}

impl fmt::Debug for EnteredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // There may be a password in it.
        f.debug_struct("EnteredForm").field("to", &self.to).finish_non_exhaustive()
    }
}

impl EnteredForm {
    /// Of a urlencoded body; none where it is no form, or nobody entered anything.
    pub(crate) fn read(to: String, body: &[u8]) -> Option<Self> {
        let fields = FormFields::parse_urlencoded::<MemberFormRules>(body).ok()?;
        let form = Self { to, fields };
        let is_bare = BARE_ACTS.contains(&form.fields.text("act"));
        (!is_bare && !form.lines().is_empty()).then_some(form)
    }

    pub(crate) fn lines(&self) -> String {
        let entered = self.fields.iter().filter(|(name, value)| {
            // A box with a name of two parts is ticked, and its value is for the program.
            !value.trim().is_empty() && !PAGE_FIELDS.contains(name) && !is_secret(name) && !name.contains('.')
        });
        entered.map(|(_, value)| value).collect::<Vec<_>>().join("\n")
    }

    /// Where all of it can be sent once more; nowhere, where a part of it must be entered again, or it is not of the session with
    /// this secret. Where nobody could look whose session it is, the next answer says so.
    pub(crate) fn repeats_to(&self, csrf: Option<&str>) -> Option<&str> {
        let has_secret = self.fields.iter().any(|(name, value)| is_secret(name) && !value.is_empty());
        let is_own = csrf.is_none_or(|csrf| self.fields.text(FORM_TOKEN) == csrf);
        (!has_secret && is_own).then_some(self.to.as_str())
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter()
    }
}

fn is_secret(name: &str) -> bool {
    SECRET_FIELDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::tests::wording::list_files;

    fn entered(body: &str) -> Option<EnteredForm> {
        EnteredForm::read("/app/x".to_owned(), body.as_bytes())
    }

    #[test]
    fn what_a_person_entered_is_said_and_nothing_else() {
        let form =
            entered("csrf=a&seen=b&act=save&name=North+Wing&places.01J=none&note=a%0Ab&empty=").unwrap();
        assert_eq!(form.lines(), "North Wing\na\nb");
        assert_eq!((form.repeats_to(None), form.repeats_to(Some("a"))), (Some("/app/x"), Some("/app/x")));
        assert_eq!(form.repeats_to(Some("b")), None, "of another session");
        assert_eq!(form.fields().count(), 7, "all of it is sent once more");
        let secret = entered("email=a%40b.example&password=plum&code=123456").unwrap();
        assert_eq!((secret.lines().as_str(), secret.repeats_to(None)), ("a@b.example", None));
        let confirming =
            entered("name=Ana&confirm-password=plum&confirm-code=123456&confirm-passkey=%7B%7D").unwrap();
        assert_eq!((confirming.lines().as_str(), confirming.repeats_to(None)), ("Ana", None));
        assert_eq!(format!("{confirming:?}"), "EnteredForm { to: \"/app/x\", .. }");
        for pressed in
            ["csrf=a&act=remove&password=plum", "act=group-remove&group=nurses", "account=01J&next=/app"]
        {
            assert_eq!(entered(pressed), None, "nothing of it was entered to be read again");
        }
        assert_eq!(entered("a=%zz"), None);
    }

    #[test]
    fn each_field_that_hides_what_is_entered_is_a_secret() {
        let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut found = 0;
        for template in list_files(&templates) {
            let text = std::fs::read_to_string(template).unwrap();
            for input in text.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
                if input.contains("type=\"password\"") || input.contains("one-time-code") {
                    let name = input.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
                    assert!(is_secret(name), "{name}");
                    found += 1;
                }
            }
        }
        assert!(found >= 4, "{found}");
        // Pages whose fields are data: what hides in them is named beside the kind.
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/pages");
        for page in list_files(&pages) {
            let text = std::fs::read_to_string(page).unwrap();
            for field in text.split("SignInField {").skip(1).map(|rest| rest.split('}').next().unwrap()) {
                if !field.contains("\"password\"") && !field.contains("one-time-code") {
                    continue;
                }
                let name = field.split("name: ").nth(1).unwrap().split(',').next().unwrap().trim();
                let is_listed =
                    ["CONFIRM_PASSWORD", "CONFIRM_CODE"].contains(&name) || is_secret(name.trim_matches('"'));
                assert!(is_listed, "{name}");
            }
        }
    }
}
