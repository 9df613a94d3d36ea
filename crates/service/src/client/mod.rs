//! What an SDK may ask: session, trigger, displays, responses, identify.

mod batch;
mod displays;
mod session;
mod trigger;

pub use batch::BatchItem;
pub use session::{IdentifyInput, SessionInput, Started};
pub use trigger::{Content, Shown, TriggerCall, Triggered, Values};
