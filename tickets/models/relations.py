from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Contact
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import LinkKind


class Category(BaseModel):
    """What a ticket is about; a tree."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self", verbose_name=_("parent"), null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    history = audited_history()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="category_once", fields=["parent", "name"], nulls_distinct=False),
            models.CheckConstraint(name="category_not_own_parent", condition=~Q(parent=F("id"))),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(BaseModel):
    name = models.CharField(_("name"), max_length=50)

    history = audited_history()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_once")]

    def __str__(self) -> str:
        return self.name


class TicketTag(models.Model):
    """A tag on a ticket. A model of its own, so that history tells who put it there and who took it off: the ticket's
    own history would have to repeat all tags at every change of the ticket.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="tag_links")
    tag = models.ForeignKey(Tag, verbose_name=_("tag"), on_delete=models.PROTECT, related_name="ticket_links")

    history = audited_history(not_indexed=["tag"])

    class Meta:
        db_table = "tickets_ticket_tags"
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        unique_together = (("ticket", "tag"),)  # as the table has been made, for a plain many-to-many field

    def __str__(self) -> str:
        return str(self.tag)


class TicketParticipant(BaseModel):
    """A customer beside the requester who takes part in the conversation, usually by Cc."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="participants")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="participations")

    history = audited_history(not_indexed=["contact"])

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [models.UniqueConstraint(name="participant_once", fields=["ticket", "contact"])]

    def __str__(self) -> str:
        return str(self.contact)


class TicketWatch(BaseModel):
    """A person who is told of what happens, as far as they may see it; gives no rights."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="watches")
    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="watches")  # only concerns the person

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")
        constraints = [models.UniqueConstraint(name="watch_once", fields=["ticket", "person"])]

    def __str__(self) -> str:
        return str(self.person)


class TicketLink(BaseModel):
    """Two tickets that have to do with each other; shown on both."""

    from_ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="links_from")
    to_ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="links_to")
    kind = models.CharField(_("kind"), max_length=15, choices=LinkKind)

    history = audited_history()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(name="link_once", fields=["from_ticket", "to_ticket", "kind"]),
            models.CheckConstraint(name="link_not_to_itself", condition=~Q(from_ticket=F("to_ticket"))),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
