//! Print queues (IPP Everywhere, CUPS): whole PDF documents for ordinary printers, and what became of them.
//!
//! A queue is no stream of bytes. A caller that prints calls [`IppQueue::state`] first, [`IppQueue::submit`] once for
//! each name, then [`IppQueue::find`] about each second until the document is settled. A lost answer may mean a printed
//! sheet: the same query shows it, because the queue knows the document by its name too. Requests are built and answers
//! parsed by the crate `ipp`; since it trusts its input, [`check_answer`] looks at each answer before it.

use std::sync::Arc;
use std::time::Duration;

use ::ipp::attribute::IppAttributeGroup;
use ::ipp::model::{DelimiterTag, PrinterState, StatusCode};
use ::ipp::operation::IppOperation as _;
use ::ipp::operation::builder::IppOperationBuilder;
use ::ipp::parser::IppParser;
use ::ipp::payload::IppPayload;
use ::ipp::prelude::{IppAttribute, IppRequestResponse, IppValue, Uri};
use labels::language::PrinterCondition;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::printing::model::address::{PrinterAddress, bracket_host};
use crate::printing::model::queue_error::{
    GarbledAnswer, LostAnswer, QueueError, QueueRefusal, is_raw_queue,
};

/// Bytes of an answer: a printer that lists a thousand kinds of paper needs a quarter of it.
const ANSWER_BYTES_MAX: usize = 256 << 10;
const DEPTH_MAX: usize = 8;
/// Values of one attribute that are looked at, and characters of each.
const VALUES_MAX: usize = 64;
const WORDS_MAX: usize = 200;
const CONNECT_MAX: Duration = Duration::from_secs(3);
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// For taking a whole document, by a printer that has to wake up first.
const SUBMIT_MAX: Duration = Duration::from_secs(120);
const PDF: &str = "application/pdf";
/// Whose documents these are: a queue reports their names to a client that gives the same user name.
const USER: &str = "cleantrack";
/// Characters of a document's name; queues keep 255 bytes, and old ones less.
const NAME_CHARS_MAX: usize = 60;
/// Millimetres between papers that count as one.
const PAPER_MM: f64 = 1.0;
/// Documents of a list that are looked through, the newest first.
const JOBS_MAX: i32 = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    pub condition: PrinterCondition,
    /// It stands still until somebody fixes it.
    pub stopped: bool,
    /// Whether it takes documents now.
    pub accepts: bool,
    pub takes_pdf: bool,
    pub model: String,
    /// What is in its trays, as it calls it, such as `iso_a4_210x297mm`.
    pub media: Vec<String>,
    /// It is on a computer, in front of the printer at this address.
    pub device: Option<String>,
    pub low: bool,
    pub message: String,
}

impl QueueState {
    /// Why it can never print a sheet as it is set up.
    pub fn refusal(&self) -> Option<QueueError> {
        if is_raw_queue(&self.model) {
            Some(QueueError::RawQueue)
        } else {
            (!self.takes_pdf).then_some(QueueError::NoPdf)
        }
    }

    /// Whether it learns of pages that came out. A queue in front of a printer on a plain connection (`socket`, `usb`,
    /// `lpd`) calls a document done once its last byte has left the computer.
    pub fn sees_paper(&self) -> bool {
        self.device.as_ref().is_none_or(|device| {
            let (scheme, rest) = device.split_once(':').unwrap_or((device, ""));
            match scheme.to_ascii_lowercase().as_str() {
                "ipp" | "ipps" => true,
                "dnssd" => !rest.contains("._printer.") && !rest.contains("._pdl-datastream."),
                _ => false,
            }
        })
    }

    /// Whether paper of this size (millimetres) may be in one of its trays. A printer that says nothing of its trays, or
    /// nothing that is understood, may have it; a queue on a computer reports what is usual and not what is there.
    pub fn may_have(&self, (width, height): (f64, f64)) -> bool {
        self.device.is_some()
            || self.media.is_empty()
            || self.media.iter().any(|name| {
                size_mm(name).is_none_or(|(w, h)| {
                    (is_near_mm(w, width) && is_near_mm(h, height))
                        || (is_near_mm(h, width) && is_near_mm(w, height))
                })
            })
    }
}

/// How print queues call the paper of this size (millimetres).
pub(crate) fn media_name((width, height): (f64, f64)) -> String {
    const NAMES: [&str; 2] = ["na_letter_8.5x11in", "iso_a4_210x297mm"];
    let known = NAMES.iter().find(|name| {
        size_mm(name)
            .is_some_and(|(w, h): (f64, f64)| (w - width).abs() < PAPER_MM && (h - height).abs() < PAPER_MM)
    });
    known.map_or_else(|| format!("om_sheet_{width}x{height}mm"), |name| (*name).to_owned())
}

fn is_near_mm(a: f64, b: f64) -> bool {
    (a - b).abs() < PAPER_MM
}

/// The size at the end of a paper's name (PWG 5101.1), such as `na_letter_8.5x11in`; millimetres.
fn size_mm(name: &str) -> Option<(f64, f64)> {
    name.split('_').find_map(|part| {
        let (size, mm) = match (part.strip_suffix("mm"), part.strip_suffix("in")) {
            (Some(size), _) => (size, 1.0),
            (_, Some(size)) => (size, 25.4),
            _ => return None,
        };
        let (width, height) = size.split_once('x')?;
        Some((width.parse::<f64>().ok()? * mm, height.parse::<f64>().ok()? * mm))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentState {
    Waiting,
    Held,
    Printing,
    /// Stopped half-way; continues when the printer is fixed.
    Stopped,
    Printed,
    /// The queue passed all of it to a printer that reports nothing more.
    Handed,
    Cancelled {
        begun: bool,
    },
    Failed {
        begun: bool,
    },
}

#[derive(Debug, Clone)]
pub struct IppQueue {
    url: String,
    uri: Uri,
    http: reqwest::Client,
}

impl IppQueue {
    /// The queue at this address; `None` when the address is no queue's.
    ///
    /// # Errors
    /// When a client cannot be made.
    pub fn new(address: &PrinterAddress) -> Result<Option<Self>, QueueError> {
        let PrinterAddress::Ipp { tls, host, port, path } = address else { return Ok(None) };
        let scheme = if *tls { "https" } else { "http" };
        let url = format!("{scheme}://{}:{port}{path}", bracket_host(host));
        let uri = address.to_string().parse().map_err(|e| report_unreachable(&e))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls_config().map_err(|e| report_unreachable(&e))?)
            .connect_timeout(CONNECT_MAX)
            // A connection that the printer closes just when it is used again would put a sheet in doubt.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .build();
        Ok(Some(Self { url, uri, http: client.map_err(|e| report_unreachable(&e))? }))
    }

    /// How it is.
    ///
    /// # Errors
    /// See [`QueueError`].
    pub async fn state(&self) -> Result<QueueState, QueueError> {
        let expected = [
            "printer-state",
            "printer-state-reasons",
            "printer-state-message",
            "printer-is-accepting-jobs",
            "printer-make-and-model",
            "document-format-supported",
            "media-ready",
            "device-uri",
        ];
        let request =
            IppOperationBuilder::get_printer_attributes(self.uri.clone()).attributes(expected).build();
        let request = request.map_err(|_| GARBLED)?.into_ipp_request();
        let answer = self.ask(request, &[], ANSWER_MAX).await.map_err(no_queue)?;
        let printer = answer.attributes().first_of(DelimiterTag::PrinterAttributes).ok_or(GARBLED)?;
        let reasons = keyword_values(printer, "printer-state-reasons");
        let stopped = integer_value(printer, "printer-state") == Some(PrinterState::Stopped as i32);
        let accepts = printer.get("printer-is-accepting-jobs").and_then(|a| a.value().as_boolean().copied());
        Ok(QueueState {
            condition: printer_condition(&reasons, stopped),
            stopped,
            accepts: accepts.unwrap_or(true),
            takes_pdf: keyword_values(printer, "document-format-supported")
                .iter()
                .any(|format| format == PDF),
            model: first_keyword(printer, "printer-make-and-model"),
            media: keyword_values(printer, "media-ready"),
            device: keyword_values(printer, "device-uri").into_iter().next(),
            low: reasons.iter().any(|reason| reason.contains("-low") || reason.contains("almost-empty")),
            message: first_keyword(printer, "printer-state-message"),
        })
    }

    /// Gives it a PDF, which is printed in its own size on one side of this paper. The answer is the number to ask for.
    ///
    /// # Errors
    /// See [`QueueError`]; after [`QueueError::Lost`] the document may be printed all the same.
    pub async fn submit(&self, name: &str, media: &str, pdf: &[u8]) -> Result<i32, QueueError> {
        let attributes: Result<Vec<_>, ::ipp::parser::IppParseError> =
            [("print-scaling", "none"), ("sides", "one-sided"), ("media", media)]
                .into_iter()
                .map(|(name, value)| IppAttribute::with_name(name, IppValue::Keyword(value.try_into()?)))
                .collect();
        let title = words_of(name);
        let request = IppOperationBuilder::print_job(self.uri.clone(), IppPayload::empty())
            .user_name(USER)
            .job_title(title)
            .document_format(PDF)
            .attributes(attributes.map_err(|_| GARBLED)?)
            .build();
        let request = request.map_err(|_| GARBLED)?.into_ipp_request();
        let answer = self.ask(request, pdf, SUBMIT_MAX).await.map_err(no_queue)?;
        let job = answer.attributes().first_of(DelimiterTag::JobAttributes).ok_or(GARBLED)?;
        number_of(job)
    }

    /// What became of the document of this name, and its number; looked up by the number first, where that is known. A
    /// printer that was switched off counts from 1 again, so a number without the name proves nothing.
    ///
    /// # Errors
    /// See [`QueueError`]; [`QueueError::Unknown`] when the queue has no such document, or none any more.
    pub async fn find(&self, number: Option<i32>, name: &str) -> Result<(i32, DocumentState), QueueError> {
        let (uri, name) = (&self.uri, words_of(name));
        if let Some(number) = number {
            let one = IppOperationBuilder::get_job_attributes(uri.clone(), number).user_name(USER).build();
            let one = one.map_err(|_| GARBLED)?.into_ipp_request();
            let one = with_attribute(one, "requested-attributes", job_attributes()?)?;
            match self.ask(one, &[], ANSWER_MAX).await {
                Ok(answer) => {
                    let reported =
                        answer.attributes().first_of(DelimiterTag::JobAttributes).ok_or(GARBLED)?;
                    if keyword_values(reported, "job-name").contains(&name) {
                        return Ok((number, document_state(reported)?));
                    }
                }
                Err(QueueError::Unknown) => {}
                Err(e) => return Err(e),
            }
        }
        // In this order no document slips through while it is printed.
        for which in ["not-completed", "completed"] {
            let all = IppOperationBuilder::get_jobs(uri.clone()).user_name(USER).build();
            let all = all.map_err(|_| GARBLED)?.into_ipp_request();
            let which = IppValue::Keyword(which.try_into().map_err(|_| GARBLED)?);
            let all = with_attribute(all, "limit", IppValue::Integer(JOBS_MAX))?;
            let all = with_attribute(all, "which-jobs", which)?;
            let all = with_attribute(all, "requested-attributes", job_attributes()?)?;
            let answer = self.ask(all, &[], ANSWER_MAX).await?;
            let mut jobs = answer.attributes().groups_of(DelimiterTag::JobAttributes);
            if let Some(reported) = jobs.find(|job| keyword_values(job, "job-name").contains(&name)) {
                return Ok((number_of(reported)?, document_state(reported)?));
            }
        }
        Err(QueueError::Unknown)
    }

    /// Takes a document out of the queue.
    ///
    /// # Errors
    /// See [`QueueError`]; a document that is done is refused.
    pub async fn cancel(&self, job: i32) -> Result<(), QueueError> {
        let request = IppOperationBuilder::cancel_job(self.uri.clone(), job).user_name(USER).build();
        self.ask(request.map_err(|_| GARBLED)?.into_ipp_request(), &[], ANSWER_MAX).await.map(drop)
    }

    async fn ask(
        &self,
        request: IppRequestResponse,
        document: &[u8],
        within: Duration,
    ) -> Result<IppRequestResponse, QueueError> {
        let mut body = request.to_bytes().to_vec();
        body.extend_from_slice(document);
        let sent =
            self.http.post(&self.url).header("content-type", "application/ipp").timeout(within).body(body);
        let mut response = sent.send().await.map_err(|e| {
            let why = error_cause(&e);
            if e.is_connect() {
                QueueError::Unreachable(why)
            } else {
                QueueError::Lost(LostAnswer::System(why))
            }
        })?;
        match response.status().as_u16() {
            200 => {}
            401 | 403 => return Err(QueueError::Refused(QueueRefusal::Password)),
            426 => return Err(QueueError::Refused(QueueRefusal::Encryption)),
            _ => return Err(GARBLED),
        }
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| lost_answer(&e))? {
            if answer.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(QueueError::Garbled(GarbledAnswer::Endless));
            }
            answer.extend_from_slice(&piece);
        }
        read_answer(answer)
    }
}

const GARBLED: QueueError = QueueError::Garbled(GarbledAnswer::Foreign);

fn report_unreachable(e: &dyn std::fmt::Display) -> QueueError {
    QueueError::Unreachable(e.to_string())
}

fn lost_answer(e: &reqwest::Error) -> QueueError {
    QueueError::Lost(LostAnswer::System(error_cause(e)))
}

/// What "not found" means to a question that is about no document.
fn no_queue(e: QueueError) -> QueueError {
    if matches!(e, QueueError::Unknown) { QueueError::NoQueue } else { e }
}

fn with_attribute(
    mut question: IppRequestResponse,
    name: &str,
    value: IppValue,
) -> Result<IppRequestResponse, QueueError> {
    let attribute = IppAttribute::with_name(name, value).map_err(|_| GARBLED)?;
    question.attributes_mut().add(DelimiterTag::OperationAttributes, attribute);
    Ok(question)
}

fn job_attributes() -> Result<IppValue, QueueError> {
    let names = ["job-id", "job-name", "job-state", "job-state-reasons", "time-at-processing"];
    let names = names.into_iter().map(|name| name.try_into().map(IppValue::Keyword));
    names.collect::<Result<_, ::ipp::parser::IppParseError>>().map(IppValue::Array).map_err(|_| GARBLED)
}

/// A document's name as queues take it.
fn words_of(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

fn number_of(job: &IppAttributeGroup) -> Result<i32, QueueError> {
    integer_value(job, "job-id").ok_or(GARBLED)
}

/// What a queue says of a document: the numbers and words of RFC 8011, 5.3.7 to 5.3.8.
fn document_state(job: &IppAttributeGroup) -> Result<DocumentState, QueueError> {
    let reasons = keyword_values(job, "job-state-reasons");
    // Only a queue that says so in so many words has not begun; one that says nothing may have.
    let untouched = job.get("time-at-processing").is_some_and(|at| matches!(at.value(), IppValue::NoValue));
    let begun = !untouched;
    Ok(match integer_value(job, "job-state").ok_or(GARBLED)? {
        3 => DocumentState::Waiting,
        4 => DocumentState::Held,
        5 => DocumentState::Printing,
        6 => DocumentState::Stopped,
        7 => DocumentState::Cancelled { begun },
        8 => DocumentState::Failed { begun },
        9 if has_reason(&reasons, "job-completed-with-errors") => DocumentState::Failed { begun: true },
        9 if has_reason(&reasons, "queued-in-device") => DocumentState::Handed,
        9 => DocumentState::Printed,
        _ => return Err(GARBLED),
    })
}

fn error_cause(e: &reqwest::Error) -> String {
    let mut e: &dyn std::error::Error = e;
    while let Some(inner) = e.source() {
        e = inner;
    }
    e.to_string().chars().take(WORDS_MAX).collect()
}

fn read_answer(answer: Vec<u8>) -> Result<IppRequestResponse, QueueError> {
    check_answer(&answer).ok_or(GARBLED)?;
    let answer = IppParser::new(::ipp::reader::IppReader::new(std::io::Cursor::new(answer))).parse();
    let answer = answer.map_err(|_| GARBLED)?;
    let status = answer.header().status_code();
    if status.is_success() {
        return Ok(answer);
    }
    let reported = answer.attributes().first_of(DelimiterTag::OperationAttributes);
    let message = reported.map(|group| keyword_values(group, "status-message")).unwrap_or_default().join(" ");
    Err(match status {
        StatusCode::ClientErrorDocumentFormatNotSupported => QueueError::NoPdf,
        StatusCode::ClientErrorNotFound | StatusCode::ClientErrorGone => QueueError::Unknown,
        // It had begun to take the document.
        StatusCode::ServerErrorJobCanceled => QueueError::Lost(LostAnswer::Cancelled),
        _ if message.is_empty() => QueueError::Refused(QueueRefusal::Quoted(status.to_string())),
        _ => QueueError::Refused(QueueRefusal::Quoted(message)),
    })
}

fn has_reason(reasons: &[String], word: &str) -> bool {
    reasons.iter().any(|reason| reason == word)
}

/// Whether an answer's attributes are whole and shallow. The parser would go down as deep as a printer says and trust a
/// text's stated length.
fn check_answer(answer: &[u8]) -> Option<()> {
    let mut rest = answer.get(8..)?;
    let mut depth = 0usize;
    loop {
        let (&tag, after) = rest.split_first()?;
        rest = after;
        match tag {
            0x03 => return (depth == 0).then_some(()),
            0x01..=0x0f if depth == 0 => continue,
            0x00..=0x0f => return None,
            _ => {}
        }
        take_string(&mut rest)?;
        let value = take_string(&mut rest)?;
        match tag {
            0x34 => depth += 1,
            0x37 => depth = depth.checked_sub(1)?,
            // Text or a name with its language: two strings.
            0x35 | 0x36 => {
                let mut both = &value[..];
                take_string(&mut both)?;
                take_string(&mut both)?;
            }
            _ => {}
        }
        if depth > DEPTH_MAX {
            return None;
        }
    }
}

fn take_string(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (len, after) = rest.split_first_chunk::<2>()?;
    let (taken, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = after;
    Some(taken.to_vec())
}

fn keyword_values(group: &IppAttributeGroup, name: &str) -> Vec<String> {
    let Some(attribute) = group.get(name) else { return Vec::new() };
    let texts = match attribute.value() {
        IppValue::Array(values) => values.iter().take(VALUES_MAX).map(read_words).collect(),
        value => vec![read_words(value)],
    };
    texts.into_iter().filter(|text: &String| !text.is_empty()).collect()
}

fn first_keyword(group: &IppAttributeGroup, name: &str) -> String {
    keyword_values(group, name).into_iter().next().unwrap_or_default()
}

fn read_words(value: &IppValue) -> String {
    let text = match value {
        IppValue::TextWithLanguage { text, .. } => text.as_ref().to_owned(),
        IppValue::NameWithLanguage { name, .. } => name.as_ref().to_owned(),
        IppValue::Array(_) | IppValue::Collection(_) => String::new(),
        value => value.to_string(),
    };
    text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

fn integer_value(group: &IppAttributeGroup, name: &str) -> Option<i32> {
    match group.get(name)?.value() {
        IppValue::Integer(n) | IppValue::Enum(n) => Some(*n),
        _ => None,
    }
}

/// What `printer-state-reasons` comes to; what a person has to fix first comes first.
fn printer_condition(reasons: &[String], stopped: bool) -> PrinterCondition {
    const MEANINGS: &[(&str, PrinterCondition)] = &[
        ("cover-open", PrinterCondition::CoverOpen),
        ("door-open", PrinterCondition::CoverOpen),
        ("interlock-open", PrinterCondition::CoverOpen),
        ("media-empty", PrinterCondition::PaperOut),
        ("media-needed", PrinterCondition::PaperOut),
        ("input-tray-missing", PrinterCondition::PaperOut),
        ("media-jam", PrinterCondition::Fault),
        ("marker-supply-empty", PrinterCondition::Fault),
        ("toner-empty", PrinterCondition::Fault),
        ("offline", PrinterCondition::Offline),
        ("shutdown", PrinterCondition::Offline),
        ("timed-out", PrinterCondition::Offline),
        ("connecting-to-device", PrinterCondition::Offline),
        ("paused", PrinterCondition::Paused),
        ("fuser-over-temp", PrinterCondition::Cooling),
    ];
    let found = MEANINGS.iter().find(|(word, _)| reasons.iter().any(|reason| matches_reason(word, reason)));
    match (found, stopped) {
        (Some((_, condition)), _) => *condition,
        (None, true) => PrinterCondition::Fault,
        (None, false) => PrinterCondition::Ready,
    }
}

fn matches_reason(word: &str, reason: &str) -> bool {
    // What is only a warning or a report stops nothing; being off line is reported so too.
    let reported = reason.strip_suffix("-error").unwrap_or(reason);
    let reported = if word == "offline" {
        reported.trim_end_matches("-report").trim_end_matches("-warning")
    } else {
        reported
    };
    reported == word
}

/// Printers make their own certificates, which cannot be verified: the connection is encrypted, but does not
/// authenticate the printer. What goes over it are label sheets.
#[derive(Debug)]
struct OwnCertificates(Arc<CryptoProvider>);

fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let verifier = Arc::new(OwnCertificates(provider));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

impl ServerCertVerifier for OwnCertificates {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
