from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, DomainError, Forbidden, NotAuthenticated


class ScopeMissing(Forbidden):
    code = "scope_missing"
    detail = _("This needs the scope %(scope)s.")
    hint = _("Ask an admin to grant the scope to the client.")


class AgentInactive(Conflict):
    code = "agent_inactive"
    detail = _("%(agent)s is deactivated.")
    hint = _("The team lead sees who is active.")


class AgentAbsent(Conflict):
    code = "agent_absent"
    detail = _("%(agent)s is absent today.")
    hint = _("The deputy covers; the team lead sees who is present.")


class AbsenceNotAllowed(Forbidden):
    detail = _("You may not record an absence of %(agent)s.")
    hint = _("They can do so themselves, or the lead of their team, or a supervisor.")


class AbsenceIsCancelled(Conflict):
    code = "invalid_transition"
    detail = _("This absence of %(agent)s is cancelled; it changes no more.")
    hint = _("Record a new one.")


class PeopleNotEditable(Forbidden):
    detail = _("You may not manage people.")
    hint = _("An admin can.")


class NotYourProfile(Forbidden):
    detail = _("Preferences are changed by the person themselves.")


class ContactNotEditable(Forbidden):
    detail = _("You may not change the contact %(contact)s.")
    hint = _("The lead of a team that serves them can, or a supervisor.")


class AddressNotEditable(Forbidden):
    detail = _("You may not correct the address of %(contact)s.")
    hint = _("The owner of one of their tickets can, or the lead of a team that serves them.")


class AddressTaken(Conflict):
    """Two rows for one person are not made one here; the ticket gets the right one as its requester."""

    code = "address_taken"
    detail = _("%(contact)s has the address %(address)s already.")
    hint = _("If it is they who ask, make them the requester of the ticket instead.")


class AddressOfAnotherCompany(Conflict):
    code = "other_company"
    detail = _("%(address)s is an address of %(other)s, but %(contact)s belongs to %(company)s.")
    hint = _("Mail of %(company)s would go to %(other)s. Take another address, or send this one a copy (Cc).")


class CompanyNotEditable(Forbidden):
    detail = _("You may not change the company %(company)s.")
    hint = _("A lead, a supervisor or an admin can.")


class CalendarsNotEditable(Forbidden):
    detail = _("You may not change business calendars.")
    hint = _("An admin can.")


class SecondFactorIsOn(Conflict):
    code = "second_factor_on"
    detail = _("A second factor is in use already.")
    hint = _("Switch it off first to set up another app.")


class NoSecondFactor(Conflict):
    code = "no_second_factor"
    detail = _("No second factor is in use.")


class SecondFactorRequired(Conflict):
    code = "second_factor_required"
    detail = _("Your role needs a second factor: it cannot be switched off.")
    hint = _("An admin can reset it, if you have another phone.")


class CodeWrong(DomainError):
    """Also a code that was used already: whoever looks over a shoulder learns nothing."""

    status = 400
    code = "code_wrong"
    detail = _("This code is not right, or was used already.")
    hint = _("Wait for the next one in your app, and check the clock of your phone.")


class CodesRest(DomainError):
    status = 429
    code = "throttled"
    detail = _("Too many wrong codes: codes of this account are not looked at for %(minutes)s minutes.")
    hint = _("Wait, or ask an admin to reset the second factor.")


class CodeNeeded(NotAuthenticated):
    code = "code_needed"
    detail = _("This account has a second factor: send its current code, too.")
    hint = _("Give it as “code”.")


class FactorToBeSetUp(NotAuthenticated):
    code = "second_factor_missing"
    detail = _("The role of this account needs a second factor, which is not set up yet.")
    hint = _("Sign in on the pages to set it up.")


class OwnFactorReset(Forbidden):
    detail = _("Nobody resets their own second factor.")
    hint = _("Switch it off on your account page, or ask another admin.")
