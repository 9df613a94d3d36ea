//! Tests of this engine: the contract every engine keeps, and what only this one has files for.

mod backup;
mod bench;
mod check;
mod damage;
mod files;
mod harness;
mod journals;
mod rows;
mod schedules;
mod schemas;
mod upgrade;
mod views;

pub(crate) use files::append;
use harness::Embedded;

sonde_storage::engine_contract!(Embedded);
