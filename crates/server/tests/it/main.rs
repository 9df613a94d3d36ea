//! The binary from outside: what its process does when the disk fails it, and what its commands do to a data folder.

#![expect(clippy::unwrap_used, reason = "all of this is tests, helpers too")]

mod backup;
mod disk;
mod faults;
mod server;
mod small_disk;
