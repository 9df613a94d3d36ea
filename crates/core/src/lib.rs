//! The domain of Sonde: surveys, triggers, events, users, displays, and the one pure function that decides.
//!
//! Nothing in this crate performs I/O, reads a clock, draws a random number or spawns anything: `now` and new ids are
//! arguments. What cannot touch the outside world cannot fail because of it, can be tested by table, and gives the
//! same answer in the server, in `explain` and in a simulation.

pub mod answer;
pub mod attribute;
pub mod audience;
pub mod decide;
pub mod display;
pub mod event;
pub mod facts;
pub mod filter;
pub mod id;
pub mod key;
pub mod limits;
pub mod logic;
pub mod pipe;
pub mod properties;
pub mod refusal;
pub mod settings;
pub mod survey;
pub mod time;
pub mod trigger;
pub mod user;
