//! What a row takes beside what its example names: the fields of the forms that pages draw, and members of its JSON document.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use http::Method;
use serde_json::Value;

use super::client::TestClient;
use super::fixture::{FixtureWorld, admitted_caller};
use crate::route::RouteKind;
use crate::table::{Table, TableRow};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FurtherParts {
    pub(super) fields: BTreeSet<String>,
    pub(super) members: BTreeSet<String>,
    /// Whether it takes a multipart form, as one with a file is sent.
    pub(super) takes_multipart: bool,
}

/// By row name. Every page is opened once, by a caller whom its row admits.
pub(super) async fn find_further_parts<S>(
    table: &Table<S>,
    world: &impl FixtureWorld,
    client: &TestClient,
) -> BTreeMap<&'static str, FurtherParts>
where
    S: Clone + Send + Sync + 'static,
{
    let mut further: BTreeMap<&'static str, FurtherParts> =
        table.rows().iter().map(|row| (row.route.name, described_parts(table, row))).collect();
    let pages = table.rows().iter().map(|row| &row.route).filter(|route| route.kind == RouteKind::Page);
    for route in pages {
        let Some(caller) = admitted_caller(world, route) else { continue };
        let request = caller.request(world, route).map(Body::from);
        let own_path = request.uri().path().to_owned();
        let Ok(page) = client.try_send_caught(request).await else { continue };
        for (path, fields) in drawn_forms(&page.text(), &own_path) {
            if let Some(parts) = find_form_row(table, &path).and_then(|name| further.get_mut(name)) {
                parts.fields.extend(fields);
            }
        }
    }
    further
}

fn described_parts<S: Clone + Send + Sync + 'static>(table: &Table<S>, row: &TableRow<S>) -> FurtherParts {
    let content = row.description.body.as_ref().map(|body| &body["content"]);
    let Some(content) = content else { return FurtherParts::default() };
    let schema = &content["application/json"]["schema"];
    let named = schema["$ref"].as_str().and_then(|name| table.schemas().get(name.rsplit('/').next()?));
    let members = named.unwrap_or(schema)["properties"].as_object();
    FurtherParts {
        fields: BTreeSet::new(),
        members: members.into_iter().flat_map(|members| members.keys().cloned()).collect(),
        takes_multipart: content.get("multipart/form-data").is_some(),
    }
}

/// A literal part wins over a variable one, as in the router.
fn find_form_row<S: Clone + Send + Sync + 'static>(table: &Table<S>, path: &str) -> Option<&'static str> {
    let forms = table.rows().iter().map(|row| &row.route).filter(|route| route.method == Method::POST);
    let fitting = forms.filter(|route| fits(route.path, path));
    fitting.min_by_key(|route| route.path.matches('{').count()).map(|route| route.name)
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let mut parts = pattern.iter().zip(&path);
    pattern.len() == path.len() && parts.all(|(of, part)| of == part || of.starts_with('{'))
}

fn drawn_forms(page: &str, own_path: &str) -> Vec<(String, BTreeSet<String>)> {
    let forms = page.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap_or_default());
    let forms = forms.filter(|form| attribute(form, "method").is_some_and(|method| method == "post"));
    let read = forms.map(|form| {
        let action = attribute(form, "action").unwrap_or(own_path);
        let path = action.split(['?', '#', '&']).next().unwrap_or_default();
        let elements = form.split('<').filter(|element| {
            ["input", "select", "textarea", "button"].iter().any(|name| element.starts_with(name))
        });
        (
            path.to_owned(),
            elements.filter_map(|element| attribute(element, "name")).map(str::to_owned).collect(),
        )
    });
    read.collect()
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let head = element.split('>').next()?;
    let (_, value) = head.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

/// The document with one more member, whose value is written as it is.
pub(super) fn with_member(document: &Value, name: &str, raw: &str) -> Option<String> {
    let members = document.as_object().filter(|members| !members.contains_key(name))?;
    let comma = if members.is_empty() { "" } else { "," };
    Some(document.to_string().replacen('{', &format!("{{{}:{raw}{comma}", Value::from(name)), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_names(forms: &[(String, BTreeSet<String>)], n: usize) -> Vec<&str> {
        forms[n].1.iter().map(String::as_str).collect::<Vec<_>>()
    }

    #[test]
    fn forms_of_a_page_are_read() {
        let page = r#"<form method="get" action="/"><input name="q"></form>
            <form method="post" action="/t/7?x=1"><input type="text" name="notes"><select name="why"></select>
            <button name="undo" value="1">Go</button><textarea name="more"></textarea></form><form method="post"><input name="own"></form>"#;
        let forms = drawn_forms(page, "/here");
        assert_eq!((forms.len(), forms[0].0.as_str(), forms[1].0.as_str()), (2, "/t/7", "/here"));
        assert_eq!(
            (field_names(&forms, 0), field_names(&forms, 1)),
            (vec!["more", "notes", "undo", "why"], vec!["own"])
        );
        assert!(fits("/t/{tag}", "/t/7") && !fits("/t/{tag}", "/t/7/undo") && !fits("/t/{tag}", "/r/7"));
    }

    #[test]
    fn a_member_is_added_that_was_not_there() {
        let document = serde_json::json!({"a": 1});
        assert_eq!(with_member(&document, "b", "1e999").as_deref(), Some(r#"{"b":1e999,"a":1}"#));
        assert_eq!(with_member(&document, "a", "0"), None);
        assert_eq!(with_member(&serde_json::json!({}), "b", "0").as_deref(), Some(r#"{"b":0}"#));
    }
}
