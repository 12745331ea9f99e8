"""Why somebody does not come in by Microsoft, each in one clear sentence. None of them says more to a stranger."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Forbidden


class SignInUnavailable(DomainError):
    """Nobody's fault who signs in; passwords serve meanwhile."""

    status = 503
    code = "sign_in_unavailable"
    hint = _("Sign in with your password if you have one, or try again later.")


class MicrosoftNotReached(SignInUnavailable):
    detail = _("Microsoft did not answer in time.")


class SetUpWrong(SignInUnavailable):
    detail = _("Sign-in with Microsoft is not set up right. An admin sees the reason under “Connections”.")


class NotBegunHere(DomainError):
    """Also what comes twice, too late, or by a link that somebody else has made."""

    status = 400
    code = "sign_in_not_begun"
    detail = _("This sign-in was not begun in this browser, took too long, or was used already.")
    hint = _("Begin it anew.")


class MicrosoftRefuses(Forbidden):
    code = "sign_in_refused"
    detail = _("Microsoft has not signed you in (%(error)s).")
    hint = _("Begin it anew, or ask the admin of your Microsoft account.")


class AnswerNotTrusted(Forbidden):
    """The token is forged, somebody else's, or too old; `reason` says which."""

    code = "answer_not_trusted"
    detail = _("Microsoft's answer cannot be trusted: %(reason)s")
    hint = _("Begin it anew. If it happens again, tell an admin.")
    reasons: ClassVar = {
        "form": _("it is no token."),
        "algorithm": _("it is not signed as agreed."),
        "key": _("it is signed with a key that Microsoft does not name."),
        "signature": _("its signature is wrong."),
        "issuer": _("it was made by somebody else."),
        "audience": _("it was made for another application."),
        "tenant": _("it comes from another tenant."),
        "nonce": _("it belongs to another sign-in."),
        "time": _("it is too old, or not valid yet."),
        "incomplete": _("it does not say who you are."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__(reason=self.reasons[reason])
        self.reason = reason


class AccountNotKnown(Forbidden):
    code = "account_not_known"
    detail = _("Nobody at this desk signs in with this Microsoft account.")
    hint = _("An admin can allow it to you; if they did, your account's verified address is not the one known here.")


class AccountDeactivated(Forbidden):
    code = "account_deactivated"
    detail = _("Your account at this desk is deactivated.")
    hint = _("An admin can tell you more.")


class GroupsNotTold(Forbidden):
    code = "groups_not_told"
    detail = _("You are in more groups than Microsoft tells, so your roles here are not known.")
    hint = _("An admin can have the token name only groups assigned to the application, or use its roles instead.")


class SignInForbidden(Forbidden):
    detail = _("Who signs in with Microsoft, and by which groups, is seen by admins and auditors.")
    hint = _("An admin can tell you more.")


class TenantOfAnother(DomainError):
    status = 400
    code = "validation_error"
    detail = _("Choose a connection for sign-in with Microsoft.")
