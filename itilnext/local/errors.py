class LocalServerError(Exception):
    """A local server cannot run; the text is one sentence that names the cure."""
