"""What people are told about a connection: kept as a code with facts, so that each reads it in their language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_texts: dict[str, Promise | str] = {}


def put(texts: Mapping[str, Promise | str]) -> None:
    """Add sentences by their codes; called where they are defined, once each."""
    if twice := texts.keys() & _texts.keys():
        raise ValueError(f"said twice: {', '.join(sorted(twice))}")
    _texts.update(texts)


@dataclass(frozen=True)
class Said:
    """One sentence. Facts are short and for everybody who may see the connection: no secret, no text of a customer."""

    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.code not in _texts:  # said by a version of the desk that knew more than this one
            return _("The other system could not be used (%(code)s).") % {"code": self.code}
        text = str(_texts[self.code])
        return text % self.facts if self.facts else text

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "facts": dict(self.facts)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Said | None":
        """From `as_json`; None of nothing."""
        return cls(str(kept["code"]), kept.get("facts", {})) if kept.get("code") else None


put(
    {
        "not_reached": gettext_lazy("%(host)s was not reached: %(cause)s."),
        "too_slow": gettext_lazy("%(host)s did not answer in time."),
        "cut_off": gettext_lazy("The connection to %(host)s ended before it had answered."),
        "not_trusted": gettext_lazy("The certificate of %(host)s is not trusted here; name its CA in the settings."),
        "no_ca_file": gettext_lazy("The file of certificates that the settings name cannot be read."),
        "no_place": gettext_lazy("A name or number in the address of a request to %(host)s is missing or not usable."),
        "busy": gettext_lazy("%(host)s asks for patience (%(status)s)."),
        "broken": gettext_lazy("%(host)s has a fault of its own (%(status)s)."),
        "unauthorised": gettext_lazy("%(host)s does not accept our sign-in, also not with a new token."),
        "forbidden": gettext_lazy("%(host)s does not allow this to us; an administrator has to grant it."),
        "refused": gettext_lazy("%(host)s refuses the request (%(status)s)."),
        "gone": gettext_lazy("%(host)s no longer has what was asked for."),
        "elsewhere": gettext_lazy("%(host)s sends us to another address; that is not followed."),
        "too_large": gettext_lazy("The answer of %(host)s is larger than the desk reads."),
        "no_json": gettext_lazy("The answer of %(host)s is not what was agreed on."),
        "held_open": gettext_lazy("After what has failed nothing is sent for a while."),
        "held_pause": gettext_lazy("The other system has asked for a pause."),
        "held_full": gettext_lazy("As many requests as are allowed at once are on their way already."),
        "no_secret": gettext_lazy("The secret “%(secret)s” is not given yet."),
        "no_variable": gettext_lazy("The variable %(variable)s, or %(variable)s_FILE, cannot be read: %(cause)s"),
        "not_opened": gettext_lazy(
            "The secret “%(secret)s” was encrypted with a key that the desk no longer has; enter it again."
        ),
        "kind_unknown": gettext_lazy("This version of the desk cannot connect to “%(kind)s”."),
        "bug": gettext_lazy("The test ended by a fault of the desk (%(cause)s); the log has more of it."),
    }
)
