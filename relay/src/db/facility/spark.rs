//! Windows by day, and thirty days of them in few bytes.

use crate::db::impl_from_row;

/// Days that a row looks back, its own included.
pub const SPARK_DAYS: i32 = 30;
/// Bytes of one day in a row's `spark`.
const DAY_BYTES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaySum {
    /// Civil day of the facility, counted from 1970-01-01.
    pub day: i64,
    pub met: i64,
    pub closed: i64,
}

impl_from_row!(DaySum { day, met, closed });

/// Thirty days to `day` as they are stored in a row.
pub fn write_spark(days: &[DaySum], day: i64) -> Vec<u8> {
    let first = day - i64::from(SPARK_DAYS - 1);
    let mut spark = vec![0; DAY_BYTES * usize::try_from(SPARK_DAYS).unwrap_or_default()];
    for sum in days {
        let at = usize::try_from(sum.day - first).ok().and_then(|at| at.checked_mul(DAY_BYTES));
        let Some(place) = at.and_then(|at| spark.get_mut(at..at + DAY_BYTES)) else { continue };
        let [met, closed] = [sum.met, sum.closed].map(|n| u16::try_from(n.max(0)).unwrap_or(u16::MAX));
        place[..2].copy_from_slice(&met.to_le_bytes());
        place[2..].copy_from_slice(&closed.to_le_bytes());
    }
    spark
}

/// What `write_spark` wrote, the oldest day first: met and closed.
pub fn read_spark(spark: &[u8]) -> Vec<(u16, u16)> {
    fn read_number(bytes: &[u8]) -> u16 {
        bytes.try_into().map(u16::from_le_bytes).unwrap_or_default()
    }
    spark.chunks_exact(DAY_BYTES).map(|day| (read_number(&day[..2]), read_number(&day[2..]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_has_thirty_days_and_no_more() {
        fn day_sum(day: i64, met: i64, closed: i64) -> DaySum {
            DaySum { day, met, closed }
        }
        let days = [day_sum(70, 1, 1), day_sum(71, 2, 3), day_sum(100, 70_000, -4), day_sum(101, 1, 1)];
        let spark = read_spark(&write_spark(&days, 100));
        assert_eq!(spark.len(), 30);
        assert_eq!((spark[0], spark[1], spark[29]), ((2, 3), (0, 0), (u16::MAX, 0)));
        assert!(read_spark(&[1, 2, 3]).is_empty());
    }
}
