"""What is written to an envelope's vendor and not sent is a draft of its author, kept with the ticket (ruling 5)."""


def vendor_mode(number: int) -> str:
    """Under which name: that of the ticket's third envelope is "v3"."""
    return f"v{number}"
