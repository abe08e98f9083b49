"""The history of the schema. Old code runs on the new schema: add nullable, fill in batches, then enforce. Each
migration gives up quickly on a lock and is simply run again."""
