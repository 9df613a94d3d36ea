//! Several calls in one, for offline queues and beacons.

use std::sync::Arc;

use sonde_core::attribute::AttributeChange;
use sonde_core::display::{DisplayState, ResponseInput};
use sonde_core::id::DisplayId;
use sonde_core::properties::{Properties, PropertyShape};
use sonde_core::trigger::TriggerName;

use super::session::IdentifyInput;
use crate::error::Error;
use crate::token::Session;
use crate::{Engine, Service};

/// One call of a batch, its parts checked.
#[derive(Clone, Debug)]
pub enum BatchItem {
    /// The survey is about to be painted.
    Shown(DisplayId),
    /// The user closed or left it: `Dismissed` or `Abandoned`.
    Closed(DisplayId, DisplayState),
    /// The answers so far.
    Response(DisplayId, ResponseInput),
    /// Attributes to set.
    Attributes(Vec<AttributeChange>),
    /// Who the anonymous user is.
    Identify(IdentifyInput),
    /// Triggers that no live survey uses.
    Seen(Vec<(TriggerName, Properties, Vec<PropertyShape>)>),
}

impl<E: Engine> Service<E> {
    /// Does one call of a batch; one that fails does not keep the next from being tried.
    pub async fn batch_item(self: &Arc<Self>, session: &Session, item: BatchItem) -> Result<(), Error> {
        match item {
            BatchItem::Shown(display) => self.confirm_shown(session, display).await.map(drop),
            BatchItem::Closed(display, to) => self.close_display(session, display, to).await.map(drop),
            BatchItem::Response(display, input) => self.save_response(session, display, input).await.map(drop),
            BatchItem::Attributes(changes) => self.set_attributes(session, &changes).await,
            BatchItem::Identify(input) => self.identify(session, input).await.map(drop),
            BatchItem::Seen(triggers) => {
                for (trigger, properties, shapes) in triggers {
                    self.seen(session, &trigger, &properties, shapes);
                }
                Ok(())
            }
        }
    }
}
