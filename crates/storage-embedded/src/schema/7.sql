-- Whose earlier events the events of a trigger cancel, as JSON: [{"trigger": "…", "equal_property": "…"}]. NULL: nobody's.
ALTER TABLE triggers ADD COLUMN cancels TEXT;
