"""What every room stands on and nothing that knows about loyalty: ids, money, errors, texts in three languages, pages,
settings, the edge (clock, ids, randomness), the database and the outbox. `ids`, `money`, `errors` and `i18n` are pure:
the engine may use them, so none of them ever reaches a clock, randomness or a database."""
