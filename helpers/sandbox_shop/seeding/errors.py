"""What a seeding refuses."""


class SeedRefused(ValueError):
    """A file or world cannot be used; the message is one sentence: file, line, column, and what to do."""
