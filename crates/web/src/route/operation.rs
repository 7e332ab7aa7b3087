//! The description of a row, filled in by the types of its handler.

use std::collections::BTreeSet;

use http::StatusCode;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// Schemas of a whole table: of what is read, and of what is sent. A type has one form as the one and may have another as
/// the other: an `Option` that is always sent is never absent.
#[derive(Debug)]
pub struct SchemaSet {
    pub(crate) read: SchemaGenerator,
    pub(crate) sent: SchemaGenerator,
}

impl Default for SchemaSet {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            read: settings.clone().for_deserialize().into_generator(),
            sent: settings.for_serialize().into_generator(),
        }
    }
}

/// What the body of an answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerBody {
    /// Nothing.
    Empty,
    /// A page.
    Page,
    /// Bytes that only their media type describes.
    Bytes,
    /// A JSON document of this schema.
    Json(Value),
    /// Lines, each a JSON document of this schema.
    Lines(Value),
}

/// One of the answers of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerDescription {
    /// 2xx or 3xx; of a form that comes back 409 or 422.
    pub status: StatusCode,
    /// The media type; absent where there is no body.
    pub media: Option<&'static str>,
    /// The body.
    pub body: AnswerBody,
}

/// The whole description of a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OperationDescription {
    /// Parameters, as OpenAPI writes them.
    pub parameters: Vec<Value>,
    /// The body that it reads, as OpenAPI writes it.
    pub body: Option<Value>,
    /// What it answers when all goes well.
    pub answers: Vec<AnswerDescription>,
    /// With which statuses it answers a problem.
    pub refusals: BTreeSet<u16>,
    /// Whether its body is read only once its sender is proven.
    pub is_signed: bool,
}

/// The description of a row while its handler's types fill it in.
#[derive(Debug)]
pub struct Operation<'s> {
    schemas: &'s mut SchemaSet,
    path: &'static str,
    description: OperationDescription,
}

impl<'s> Operation<'s> {
    pub(crate) fn new(path: &'static str, schemas: &'s mut SchemaSet) -> Self {
        Self { schemas, path, description: OperationDescription::default() }
    }

    pub(crate) fn into_description(self) -> OperationDescription {
        self.description
    }

    /// The schema of what is read.
    pub fn read_schema<T: JsonSchema>(&mut self) -> Value {
        self.schemas.read.subschema_for::<T>().to_value()
    }

    /// The schema of what is sent.
    pub fn sent_schema<T: JsonSchema>(&mut self) -> Value {
        self.schemas.sent.subschema_for::<T>().to_value()
    }

    /// The parts of the path: one value, a tuple in the pattern's order, or a struct with their names. A table in which
    /// their number is another than the pattern's is refused.
    pub fn add_path_parts<T: JsonSchema>(&mut self) {
        let names = path_parts(self.path);
        let whole = T::json_schema(&mut self.schemas.read);
        let schemas = match (whole.get("prefixItems"), whole.get("properties")) {
            (Some(Value::Array(items)), _) => items.clone(),
            (_, Some(Value::Object(members))) => {
                names.iter().filter_map(|name| members.get(*name).cloned()).collect()
            }
            _ => vec![self.read_schema::<T>()],
        };
        for (at, schema) in schemas.into_iter().enumerate() {
            let name = names.get(at).copied().unwrap_or_default();
            self.add_parameter("path", name, true, schema);
        }
    }

    /// The members of a struct as parameters behind the question mark.
    pub fn add_query<T: JsonSchema>(&mut self) {
        let whole: Schema = T::json_schema(&mut self.schemas.read);
        let required = whole.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let members = whole.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, schema) in members {
            let is_required = required.iter().any(|one| *one == name);
            self.add_parameter("query", &name, is_required, without_null(schema));
        }
    }

    /// A header that may be there.
    pub fn add_header(&mut self, name: &str, schema: Value) {
        self.add_parameter("header", name, false, schema);
    }

    /// A parameter's description goes beside its schema.
    fn add_parameter(&mut self, place: &str, name: &str, is_required: bool, mut schema: Value) {
        let words = schema.as_object_mut().and_then(|members| members.remove("description"));
        let mut parameter = json!({ "name": name, "in": place, "required": is_required, "schema": schema });
        if let Some(words) = words {
            parameter["description"] = words;
        }
        self.description.parameters.push(parameter);
    }

    /// The body that is read.
    pub fn set_body(&mut self, media: &str, schema: &Value) {
        let content = json!({ media: { "schema": schema } });
        self.description.body = Some(json!({ "required": true, "content": content }));
    }

    /// A body that its sender signed.
    pub fn set_signed_body(&mut self, media: &str, schema: &Value) {
        self.set_body(media, schema);
        self.description.is_signed = true;
    }

    /// The body that was described last may be left out.
    pub fn make_body_optional(&mut self) {
        if let Some(body) = &mut self.description.body {
            body["required"] = json!(false);
        }
    }

    /// An answer when all goes well; a second document of the same status makes either of both one.
    pub fn add_answer(&mut self, status: StatusCode, media: Option<&'static str>, body: AnswerBody) {
        let mut answers = self.description.answers.iter_mut();
        match answers.find(|answer| answer.status == status && answer.media == media) {
            Some(AnswerDescription { body: AnswerBody::Json(schema), .. }) => {
                if let AnswerBody::Json(other) = body {
                    *schema = json!({ "anyOf": [schema.take(), other] });
                }
            }
            Some(_) => {}
            None => self.description.answers.push(AnswerDescription { status, media, body }),
        }
    }

    /// Statuses of problems.
    pub fn add_refusals(&mut self, statuses: &[StatusCode]) {
        self.description.refusals.extend(statuses.iter().map(StatusCode::as_u16));
    }
}

/// In the pattern's order.
pub(crate) fn path_parts(pattern: &str) -> Vec<&str> {
    let parts = pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    parts.map(|name| name.trim_start_matches('*')).collect()
}

/// A parameter that may be absent is never null.
fn without_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    schema
}
