//! Every bound in the system that box and relay share, each with its reason.

/// Bytes of one entry. A cleaning is about 600; sixteen thousand hold any protocol that a person would read.
pub const ENTRY_BYTES_MAX: usize = 16 * 1024;
/// Entries that one command may make; a larger act is an import and stays invisible until it is committed.
pub const COMMAND_ENTRIES_MAX: usize = 512;
/// Entries in a batch, and in one group of the box's journal.
pub const BATCH_ENTRIES_MAX: usize = 512;
/// Bytes of a batch before compression: 30 s of a line that carries 9 KB/s.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a batch on the wire; zstd can enlarge what it cannot compress by a little.
pub const BATCH_WIRE_BYTES_MAX: usize = BATCH_BYTES_MAX + 4 * 1024;
/// Lines of one run file: both sides hold the hashes of a whole one in 2 MiB, and stream its lines.
pub const RUN_LINES_MAX: u64 = 65_536;
/// Behind the largest number that a line of a run may have.
pub const RUN_END_MAX: u64 = 1 << 48;
/// Bytes of a run file as it travels: 65,536 usual lines take a fifth of it.
pub const RUN_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes that the groups of a run may unpack to at the relay, texts among them: 4 KiB for each of 65,536 lines. A cleaning
/// with its name and a note of 1,000 characters of three bytes each takes 4,000.
pub const RUN_PLAIN_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Runs of one box that count, the first in the order of counting: each is a restored copy or a lost piece, so a handful.
pub const RUNS_ADOPTED_MAX: usize = 1 << 15;
/// Names of runs in one answer.
pub const RUN_NAMES_MAX: u64 = 1_000;
/// Notes of its own epoch that a run file keeps.
pub const RUN_NOTES_MAX: usize = 16;
/// Bytes of an MQTT packet with a batch in it, in both directions.
pub const MQTT_PACKET_BYTES_MAX: usize = 300 * 1024;
/// Texts beside one entry.
pub const ENTRY_TEXTS_MAX: usize = 16;
/// Bytes of one text, as NFC.
pub const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a signed note; a checkpoint with a handful of signatures takes 500.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a pack of protocols: fifty of them, each with forty steps in three languages.
pub const PACK_BYTES_MAX: usize = 256 * 1024;
/// Signature lines that are looked at in a note.
pub const NOTE_SIGNATURES_MAX: usize = 16;
/// Nesting of an entry's JSON.
pub const JSON_DEPTH_MAX: usize = 16;
/// Bytes of a directive's JSON line.
pub const DIRECTIVE_BYTES_MAX: usize = 16 * 1024;
/// log2 of the zstd window that a reader must grant: 1 MiB.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 20;
/// Characters of a name of equipment, a protocol, a person or a place.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters of the lot of a disinfectant.
pub const LOT_CHARS_MAX: usize = 40;
/// Disinfectants of a protocol.
pub const AGENTS_MAX: usize = 10;
/// Own fields of a category.
pub const OWN_FIELDS_MAX: usize = 20;
/// Choices of an own field.
pub const OWN_FIELD_CHOICES_MAX: usize = 40;
/// Characters of what names an own field of a category for good.
pub const OWN_FIELD_KEY_CHARS_MAX: usize = 40;
/// Characters of a payroll number: what personnel systems export, with their prefixes.
pub const PAYROLL_CHARS_MAX: usize = 40;
/// Characters of a note or reason.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Photos of one cleaning; the fold leaves out those that a log names beyond them.
pub const PHOTOS_MAX: usize = 4;
/// Steps of a protocol.
pub const STEPS_MAX: usize = 40;
/// Bytes of an uploaded photo: a 48 megapixel JPEG is about 20 MB.
pub const PHOTO_UPLOAD_BYTES_MAX: usize = 30 * 1024 * 1024;
/// Bytes of a stored photo.
pub const PHOTO_STORED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Photo hashes in one question to the relay.
pub const PHOTO_HASHES_MAX: usize = 500;
/// How late a cleaning may be written down and still count: 72 h.
pub const LATE_ENTRY_MS_MAX: i64 = 72 * 3_600_000;
/// How far before now due windows are counted: ten years, longer than records are kept by default.
pub const COMPLIANCE_SPAN_MS_MAX: i64 = 3_653 * 24 * 3_600_000;
/// Times of day in one schedule: every half hour.
pub const SCHEDULE_TIMES_MAX: usize = 48;

const _: () = assert!(BATCH_WIRE_BYTES_MAX < MQTT_PACKET_BYTES_MAX);
const _: () = assert!(ENTRY_BYTES_MAX + ENTRY_TEXTS_MAX * (TEXT_BYTES_MAX * 2 + 256) < BATCH_BYTES_MAX);
const _: () = assert!(COMMAND_ENTRIES_MAX <= BATCH_ENTRIES_MAX);
