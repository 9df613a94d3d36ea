//! Events: one log per UTC day of receipt, and an index of it.
//!
//! An event is written once, behind all others of its day, and stays there until the day's folder is deleted. What finds it is
//! an [index](index): entries of the newest records in memory, those of all others in files of sorted entries ([`run`]), which
//! a thread of its own writes and unites ([`upkeep`]). The log alone says what is stored; the index is made from it again
//! where it is missing. A group of writes is a [frame](frame): whole, or not there.
//!
//! ```text
//! events/20780/log                   "SONDELOG", version u32, day i32, frames, zeros: room that is reserved
//! events/20780/16-9000512.users      run of entries by user, for the records between these positions
//! events/20780/16-9000512.ids        run of entries by event id
//! events/20775.gone/                 a day that was dropped and is being deleted; "20775.2.gone" where it came again meanwhile
//! ```

mod check;
mod cursor;
mod day;
mod dropped;
pub(crate) mod entry;
pub(crate) mod filter;
pub(crate) mod frame;
mod index;
mod mem;
mod reading;
pub(crate) mod record;
mod run;
#[cfg(test)]
mod tests;
pub(crate) mod upkeep;

pub(crate) use check::check_day;
pub(crate) use day::{Day, DayView, Pending, days, remove_leftovers};
pub(crate) use dropped::DroppedDay;
pub(crate) use mem::Newest;
pub(crate) use reading::{Events, Found, Reading};
