"""What becomes of a mail: who sent it, what it belongs to, what it may do. Runs in the ledger row's transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from accounts.models import Agent, Contact
from accounts.services import contacts_for, mark_deliverable, new_contact
from connectors.mail import selectors
from connectors.mail.enums import MailState, Reason
from connectors.mail.forwards import Forward, forwarded_by_agent
from connectors.mail.known_ids import KnownIds, known_ids
from connectors.mail.models import MAX_ID, Mailbox, MailMessage
from connectors.mail.parsing import Address, MailKind, ParsedMail
from connectors.mail.people import FAILED_DMARC, MAX_TAKEN_ALONG, has_failed_authentication, others_in
from connectors.mail.said import forwarded_words, marks_of, words_of
from connectors.mail.senders import MAX_ADDRESS, Own, person_of, sender_of
from connectors.mail.services import brakes, envelope_outcome, reports
from connectors.mail.services.brakes import Hold
from connectors.mail.services.names import INTAKE, machine, named
from connectors.mail.services.sealing import Sealing
from connectors.mail.thread_index import conversation_of
from connectors.mail.threads import Match, find_ticket
from core.actors import Actor
from core.errors import NotFound
from tickets.enums import Channel, ClosureCode, TicketStatus
from tickets.message_ids import is_ours
from tickets.models import Ticket
from tickets.services import add_participants, create_ticket, record_automatic_message, record_customer_message

NO_SUBJECT = "(no subject)"
FORWARD_ENTRY = "forward_entry"
"""In the evidence: the entry that holds what the agent wrote who forwarded the mail."""
WITHOUT_EFFECT = {
    MailKind.BOUNCE: Reason.BOUNCE,
    MailKind.DELAY: Reason.BOUNCE,
    MailKind.REPORT: Reason.REPORT,
    MailKind.AUTO_REPLY: Reason.AUTO_REPLY,
}
"""Kinds that never create, reopen or resume (ruling 17)."""


def act(message: MailMessage, mail: ParsedMail, own: Own, *, at: datetime, attached: ParsedMail | None = None) -> bool:
    """Lock the ledger row, bring it to its outcome, and do what the mail asks for; the caller saves the row. False if
    somebody else has done so. `attached` is the mail that this one forwards as a file.

    Saving raises IntegrityError if another worker brings a copy of this mail to its outcome at the same time.
    """
    intake = _Intake(message, mail, own, at, attached)
    if intake.look() != MailState.RECEIVED:
        return False
    intake.run()
    return True


def put_aside(message: MailMessage, mail: ParsedMail, own: Own, *, reason: Reason, detail: str, at: datetime) -> None:
    """To quarantine, where nothing came of it; the ledger shows what mail it is."""
    intake = _Intake(message, mail, own, at)
    intake.describe()
    intake.put_aside(reason, detail)


class _Intake:
    """One mail on its way to its outcome."""

    def __init__(
        self, message: MailMessage, mail: ParsedMail, own: Own, at: datetime, attached: ParsedMail | None = None
    ) -> None:
        self.message, self.mail, self.own, self.at, self.attached = message, mail, own, at, attached
        self.sender, self.sender_rule = sender_of(mail, self.own)
        self.agent: Agent | None = None
        """Whose mail it is, where it stays inside as an agent's."""
        self.is_genuine = not has_failed_authentication(mail)
        self.is_released = message.released_by_id is not None
        self.sealing = Sealing(message, mail, self._addresses())

    def look(self) -> str:
        """The state of the row, locked from now on; and what the ledger knows of the mail."""
        self.describe()
        text = f"{self.mail.message_id}\n{self.mail.content_hash}"
        self.message.identity = hashlib.sha256(text.encode()).hexdigest()
        locks = brakes.locks_of(self.message)
        state, self.known = selectors.locked_and_known(self.message, senders=self._addresses(), locks=locks)
        return state

    def run(self) -> None:
        self.sealing.by_names(self._ids, lambda: self._match)
        self._decide()
        self.sealing.tell_if_it_waits()

    def put_aside(self, reason: Reason, detail: str) -> None:
        self.sealing.by_names(self._ids, lambda: self._match)
        self._quarantine(reason, detail)
        self.sealing.tell_if_it_waits()

    def _quarantine(self, reason: Reason, detail: str) -> None:
        """Before it was asked who writes on the ticket: what a helper has written is sealed here, too."""
        if not self.sealing.named:
            self.sealing.by_helper(self._match)
        self.message.quarantine(reason=reason, detail=detail, at=self.at)

    def _decide(self) -> None:
        if original := self._already_here():
            self.sealing.as_copy_of(original)
            self.message.repeat(original, at=self.at)
            return
        if reason := self._objection():
            self._quarantine(reason, self.mail.over_limit)
            return
        if self._is_own_address() and is_ours(self.mail.message_id):
            self.message.keep(reason=Reason.OWN_MAIL, at=self.at)
            return
        match = None if self.sealing.named else self._match
        if (found := reports.find_message(self.mail, at=self.at)) is not None:
            reports.note(found, self.message, self.mail, at=self.at)
            self.sealing.by_report(found.message)
            match = found.match if found.is_sure or match is None or not match.may_join else match
        self.sealing.by_helper(match)
        if self.sealing.named:
            self._go_inside()
            return
        if match:
            self.message.evidence |= match.evidence
        if held := self._hold(match.ticket if match else None):
            self._put_on_hold(held)
        elif (reason := self._reason_to_keep()) and (not self.mail.is_guess or self._is_kept_on(match)):
            self._keep(match, reason)
        else:
            self._let_act(match)

    def _go_inside(self) -> None:
        """A mail that names an envelope stands there, or in quarantine, and never anywhere else."""
        if held := self._hold(None):
            self._put_on_hold(held)
            return
        reason = None if self.mail.is_guess else self._reason_to_keep()
        senders = self._addresses() if self.is_genuine else []
        envelope_outcome.place(
            self.message, self.mail, self.sealing.named, senders=senders, of_machine=reason, at=self.at
        )

    @cached_property
    def _ids(self) -> KnownIds:
        return known_ids(self.mail, self.message.mailbox)

    @cached_property
    def _match(self) -> Match | None:
        """The ticket that the mail names."""
        named = find_ticket(self.mail, self._ids, speakers=self._addresses())
        if named.passed_over:
            self.message.evidence["passed_over"] = named.passed_over
        return named.match

    def describe(self) -> None:
        """What the ledger shows of any mail, whatever becomes of it."""
        mail, message = self.mail, self.message
        message.kind, message.message_id, message.content_hash = (
            str(mail.kind),
            mail.message_id[:MAX_ID],
            mail.content_hash,
        )
        message.references, message.subject = list(mail.references or mail.in_reply_to_all), mail.subject
        message.conversation = conversation_of(mail.thread_index)
        message.from_address = self.sender.address if self.sender else ""
        message.fingerprint = brakes.fingerprint(message.from_address, mail)
        message.reply_text = mail.reply_text if mail.reply_text.strip() != mail.body_text.strip() else ""
        message.evidence = {
            "sender": self.sender_rule,
            "signs": list(mail.reasons),
            "defects": list(mail.defects),
            "flags": [] if self.is_genuine else [FAILED_DMARC],
            **marks_of(mail),
        }

    def _already_here(self) -> MailMessage | None:
        """The row that counts for this mail, if it is another one; and a flag if its Message-ID was used before.

        The look-up serves the ordinary case; what decides is the unique constraint on `identity`.
        """
        if self.known.copy_id is not None:
            self.message.identity = None
            return MailMessage.objects.get(pk=self.known.copy_id)
        if self.known.is_id_used:
            self.message.evidence["flags"] += ["message id used by another mail"]
        return None

    def _reason_to_keep(self) -> Reason | None:
        return reports.reason_of(self.mail) or WITHOUT_EFFECT.get(self.mail.kind)

    @property
    def _is_without_effect(self) -> bool:
        """What words alone take for a machine's may be a person's, who writes about absence notes: it may act."""
        return self.mail.kind in WITHOUT_EFFECT and not self.mail.is_guess

    def _addresses(self) -> list[str]:
        from_ = self.mail.from_.address if self.mail.from_ else ""
        return [address for address in (self.sender.address if self.sender else "", from_) if address]

    def _objection(self) -> Reason | None:
        """Why the mail goes to quarantine instead of acting; a release overrules what is a matter of judgement."""
        if self.mail.over_limit and not self.is_released:
            return Reason.OVER_LIMIT
        if self.mail.is_partial and not self.is_released:
            return Reason.PARTIAL
        if self.sender is None:
            return Reason.NO_SENDER if not self._is_without_effect else None
        if self._is_own_address() and not is_ours(self.mail.message_id) and not self.is_released:
            return Reason.OWN_ADDRESS
        if self.known.is_blocked and not self.is_released:
            return Reason.BLOCKED_SENDER
        return None

    def _hold(self, ticket: Ticket | None) -> Hold | None:
        """A brake that holds this mail; a release overrules it, and what stays in the ledger alone harms nobody."""
        if self.is_released or (self._is_without_effect and ticket is None):
            return None
        return brakes.hold(self.message, ticket=ticket, at=self.at, is_sealed=bool(self.sealing.named))

    def _put_on_hold(self, held: Hold) -> None:
        self.message.evidence |= held.evidence
        self.message.quarantine(reason=held.reason, detail=held.detail, at=self.at)

    def _is_own_address(self) -> bool:
        return self.sender is not None and selectors.own_mailbox(self.sender.address, self.own) is not None

    def _let_act(self, match: Match | None) -> None:
        """A mail that speaks for somebody: it joins its ticket or makes one."""
        sender = self.sender
        if sender is None:
            raise NotFound
        if match is None:
            forward = forwarded_by_agent(self.mail, self.own, attached=self.attached)
            if forward and forward.over_limit and not self.is_released:
                self.message.quarantine(reason=Reason.OVER_LIMIT, at=self.at, detail=forward.over_limit)
                return
            self._create(Reason.FORWARDED if forward else Reason.NEW, forward=forward)
        elif not match.may_join:
            self._create(self._why_apart(match), related_to=match.ticket)
        elif self._speaks_as_staff(sender, match.ticket):
            self._keep(match, Reason.STAFF_MAIL)
        else:
            self._join(match)

    def _why_apart(self, match: Match) -> Reason:
        if not self.is_genuine:
            return Reason.UNVERIFIED
        return Reason.NEW if match.is_one_of_several else Reason.STRANGER

    def _speaks_as_staff(self, sender: Address, ticket: Ticket) -> bool:
        """Agents act on the pages; their mails carry no rights, so they do not count as the customer's words either.

        Nor do those of somebody who was one, or of whoever uses such an address; these just speak in nobody's name.
        """
        if ticket.requester.email.lower() == sender.address.lower():
            return False
        named = selectors.agent_at(sender.address, self._from, also_former=True)
        if named is not None and named.is_active and self.is_genuine:
            self.agent = named
        return named is not None

    @property
    def _from(self) -> str:
        return self.mail.from_.address if self.mail.from_ else ""

    def _join(self, match: Match) -> None:
        ticket = selectors.locked_ticket(match.ticket)
        if ticket.status == TicketStatus.CANCELLED and ticket.closure_code == ClosureCode.SPAM and not self.is_released:
            self.message.quarantine(reason=Reason.SPAM_TICKET, at=self.at, detail=ticket.reference)
            return
        if ticket.status == TicketStatus.CANCELLED and (target := selectors.final_target(ticket)):
            ticket = selectors.locked_ticket(target)
        reason = match.reason
        if ticket.is_ended:
            follow_up = selectors.open_follow_up(ticket, sender=self.sender.address if self.sender else "")
            if follow_up is None:
                self._create(Reason.FOLLOW_UP, follow_up_of=ticket)
                return
            ticket, reason = selectors.locked_ticket(follow_up), Reason.FOLLOW_UP
        may_resume = self.mail.kind == MailKind.NORMAL
        if may_resume and not self.is_released and (held := brakes.hold_reopening(self.message, ticket, at=self.at)):
            self._put_on_hold(held)
            return
        others = self._others(besides=ticket.requester.email)
        if others and not (self.sender and selectors.belongs_to(self.sender.address, ticket)):
            others = []
        speaker, *along = self._contacts(self._taken_along(others, ticket))
        entry = record_customer_message(ticket.pk, by=speaker, message=words_of(self.mail), may_resume=may_resume)
        if along:
            self._note_participants(add_participants(ticket.pk, contacts=along, by=INTAKE))
        self.message.append(ticket, entry.pk, reason=reason, at=self.at)

    def _create(
        self,
        reason: Reason,
        *,
        follow_up_of: Ticket | None = None,
        related_to: Ticket | None = None,
        forward: Forward | None = None,
    ) -> None:
        mailbox = selectors.addressed_mailbox(self.mail, self.own) or self.message.mailbox
        others = [] if forward else self._taken_along(self._others())
        requester, *along = self._contacts(others, forwarded=forward.sender if forward else None)
        ticket = create_ticket(
            by=INTAKE,
            requester=requester,
            team=follow_up_of.team if follow_up_of and follow_up_of.team.is_active else mailbox.team,
            subject=(forward.subject if forward else self.mail.subject).strip() or NO_SUBJECT,
            message=forwarded_words(forward) if forward else words_of(self.mail),
            follow_up_of=follow_up_of,
            related_to=related_to,
            may_be_answered=self._may_be_answered(mailbox),
            participants=along,
            channel=Channel.EMAIL,
            waits=True,
        )
        self.message.reply_text = ""  # the first mail of a ticket is never cut (email.md section 9)
        if forward:
            self._keep_own_words(ticket, forward)
        elif along:
            self._note_participants(along)
        self.message.create(ticket, ticket.first_entry.pk, reason=reason, at=self.at)

    def _keep_own_words(self, ticket: Ticket, forward: Forward) -> None:
        """What the agent wrote, with the mail as it came, stays inside."""
        words = replace(words_of(self.mail), body_text=forward.own_words)
        by, reason = named(forward.agent), str(Reason.FORWARDED.value)
        entry = record_automatic_message(ticket.pk, by=by, message=words, reason=reason, agent=forward.agent.name)
        evidence = {"sender": "forwarded", "forwarded_by": forward.agent.email, FORWARD_ENTRY: str(entry.pk)}
        self.message.evidence |= evidence

    def _others(self, *, besides: str = "") -> list[Address]:
        """Who else stands in To and Cc of a person's mail."""
        if self.mail.kind != MailKind.NORMAL:
            return []
        speaker = self.sender.address if self.sender else ""
        left_out = {address.lower() for address in (besides, self._from, speaker)}
        return [one for one in others_in(self.mail, self.own.values()) if one.address.lower() not in left_out]

    def _taken_along(self, others: list[Address], ticket: Ticket | None = None) -> list[Address]:
        """Who of them takes part from now on (email.md section 4)."""
        if len(others) > MAX_TAKEN_ALONG:
            self.message.evidence["flags"].append("too many people in copy to take along")
            return []
        people = [one for one in others if len(one.address) <= MAX_ADDRESS]
        left_out = selectors.never_taken_along((one.address for one in people), ticket) if people else set()
        return [one for one in people if one.address.lower() not in left_out]

    def _note_participants(self, added: Sequence[Contact]) -> None:
        self.message.evidence["participants"] = [contact.email for contact in added]

    def _may_be_answered(self, mailbox: Mailbox) -> bool:
        """The loop guard: only a person's mail, and only where the mailbox is set so (email.md section 5). Not that of
        a sender whom the gateway could not verify: they may have written nothing.
        """
        is_a_persons = self.mail.kind == MailKind.NORMAL and not self._is_own_address() and self.is_genuine
        return mailbox.sends_acknowledgement and is_a_persons and not self.mail.no_auto_response

    def _keep(self, match: Match | None, reason: Reason) -> None:
        """Record without effect: on the ticket it belongs to, else in the ledger alone."""
        address = self.sender.address if self.sender else ""
        if match is None or not self._is_kept_on(match):
            self.message.keep(reason=reason, at=self.at)
            return
        is_staff = reason == Reason.STAFF_MAIL
        by: Actor = (None if is_staff else selectors.known_contact(address)) or machine(address)
        agent = self.agent if is_staff else None
        entry = record_automatic_message(
            match.ticket.pk,
            by=named(agent) if agent else by,
            message=words_of(self.mail),
            reason=str(reason.value),
            agent=agent.name if agent else address if is_staff else "",
        )
        self.message.keep(reason=reason, at=self.at, ticket=match.ticket, entry=entry)

    def _is_kept_on(self, match: Match | None) -> bool:
        """Whether what has no effect stands on the ticket it names."""
        return match is not None and (match.may_join or match.rule == "recipient")

    @property
    def _shows_it_works(self) -> bool:
        """A person's mail that came from the address itself; a Reply-To, or what somebody forwards, proves nothing."""
        is_from = self.sender is not None and self.sender.address.lower() == self._from.lower()
        return is_from and self.is_genuine and self.mail.kind == MailKind.NORMAL

    def _contacts(self, others: Sequence[Address] = (), *, forwarded: Address | None = None) -> list[Contact]:
        """Who speaks, then `others`."""
        sender = forwarded or self.sender
        if sender is None:
            raise NotFound
        if self.known.is_newcomer and sender.address == self.message.from_address and not others:
            return [new_contact(person_of(sender), by=INTAKE)]
        found = contacts_for([person_of(one) for one in (sender, *others)], by=INTAKE)
        if found[0].undeliverable_at is not None and forwarded is None and self._shows_it_works:
            found[0] = mark_deliverable(found[0].pk, by=INTAKE)
        return found
