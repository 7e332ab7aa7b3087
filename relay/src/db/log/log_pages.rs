//! Lines of a log with the texts that they name, a page at a time.

use record::checkpoint::LogOrigin;

use crate::db::log::texts::texts_beside;
use crate::db::{DbError, ScopedConnection};

pub type LineWithTexts = (Vec<u8>, Vec<String>);

/// Lines of a log from number `from` on with their texts, ascending: at most `limit`, and none behind `bytes_max` bytes.
pub async fn load_page(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    (from, limit): (u64, usize),
    bytes_max: usize,
) -> Result<Vec<LineWithTexts>, DbError> {
    let lines = crate::db::log::entries::load_lines(conn, origin, from, limit).await?;
    let (mut page, mut bytes) = (Vec::with_capacity(lines.len()), 0);
    let texts = texts_beside(conn, origin, &lines).await?;
    for (line, texts) in lines.into_iter().zip(texts) {
        if bytes >= bytes_max {
            break;
        }
        bytes += line.len() + texts.iter().map(String::len).sum::<usize>();
        page.push((line, texts));
    }
    Ok(page)
}
