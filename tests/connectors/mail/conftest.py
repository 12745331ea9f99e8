from tests.killable import killable

__all__ = ["killable"]
