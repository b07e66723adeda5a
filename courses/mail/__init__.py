"""Every email of the site: kept in an outbox, sent by a process of its own."""
