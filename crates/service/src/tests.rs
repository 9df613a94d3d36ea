//! The whole service over the reference model: what several of its rooms promise together.

mod agreement;
mod asked;
mod desk;
