//! How often something was seen on each of the last days.

use std::collections::BTreeMap;

use sonde_core::limits::TRIGGER_DAYS;

use crate::activity::keys::Bytes;
use crate::error::BadRow;

/// Most bytes of a row: the newest day, how many days follow, and those.
pub(super) const BYTES_MAX: usize = 4 + 1 + TRIGGER_DAYS * (1 + 8);

/// Counts of the days that end with the newest on which it was seen.
#[derive(Clone, Copy)]
pub(super) struct Daily {
    newest: i32,
    /// By days before the newest.
    counts: [u64; TRIGGER_DAYS],
}

impl Daily {
    /// Nothing yet, on a day.
    pub(super) const fn new(day: i32) -> Self {
        Self { newest: day, counts: [0; TRIGGER_DAYS] }
    }

    /// Adds to a day; one that is too long ago is not counted.
    pub(super) fn add(&mut self, day: i32, count: u64) {
        let ahead = i64::from(day) - i64::from(self.newest);
        if ahead > 0 {
            let shift = usize::try_from(ahead).unwrap_or(TRIGGER_DAYS).min(TRIGGER_DAYS);
            self.counts.copy_within(..TRIGGER_DAYS - shift, shift);
            self.counts[..shift].fill(0);
            self.newest = day;
        }
        if let Ok(ago) = usize::try_from(i64::from(self.newest) - i64::from(day))
            && let Some(counted) = self.counts.get_mut(ago)
        {
            *counted = counted.saturating_add(count);
        }
    }

    /// By day, those without any left out.
    pub(super) fn by_day(&self) -> BTreeMap<i32, u64> {
        self.seen().map(|(ago, count)| (self.newest.saturating_sub(i32::from(ago)), count)).collect()
    }

    fn seen(&self) -> impl Iterator<Item = (u8, u64)> {
        (0_u8..).zip(self.counts).filter(|(_, count)| *count > 0)
    }

    pub(super) fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.newest.to_be_bytes());
        let place = row.len();
        row.push(0);
        for (ago, count) in self.seen() {
            row[place] += 1;
            row.push(ago);
            row.extend_from_slice(&count.to_be_bytes());
        }
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self, BadRow> {
        let mut daily = Self::new(i32::from_be_bytes(bytes.array()?));
        for _ in 0..bytes.u8()? {
            let ago = usize::from(bytes.u8()?);
            *daily.counts.get_mut(ago).ok_or_else(|| BadRow::new(format!("{ago} days ago is too long")))? = bytes.u64()?;
        }
        Ok(daily)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_days_make_room_for_new_ones() {
        let mut daily = Daily::new(100);
        for (day, count) in [(100, 1), (99, 2), (87, 3), (86, 9), (101, 4), (101, 1)] {
            daily.add(day, count);
        }
        let mut row = Vec::new();
        daily.write(&mut row);
        let read = Daily::read(&mut Bytes(&row)).unwrap();
        for daily in [daily, read] {
            assert_eq!(daily.by_day(), BTreeMap::from([(99, 2), (100, 1), (101, 5)]));
        }
        daily.add(i32::MAX, 1);
        daily.add(i32::MIN, 1);
        assert_eq!(daily.by_day(), BTreeMap::from([(i32::MAX, 1)]));
    }
}
