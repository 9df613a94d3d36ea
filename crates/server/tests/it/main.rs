//! The binary from outside: what its process does when the disk fails it, and what its commands do to a data folder.

mod backup;
mod disk;
mod faults;
mod server;
mod small_disk;
