from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnvelopesConfig(AppConfig):
    name = "envelopes"
    verbose_name = _("Envelopes")

    def ready(self) -> None:
        from core import timers
        from envelopes import receivers, services, wording  # noqa: F401  # receivers subscribe when imported
        from envelopes.guards import experts_write_in_their_envelope, no_open_envelope, work_ends_with_the_envelope
        from envelopes.hidden import files_seen_by, tasks_beside, tasks_seen_by, tasks_worked_by
        from envelopes.policies import advises_on_law, helped_tickets, helps_on
        from envelopes.selectors import helped_on, open_envelope_flags
        from envelopes.services.redacting import blank_words_of
        from tickets import guards
        from tickets.around import kept_above
        from tickets.columns import helped_ways
        from tickets.extensions import TicketField, redaction_ways, ticket_fields
        from tickets.hidden import file_ways, kin_ways, task_ways, work_ways
        from tickets.policies import compensation_ways, flag_ways, legal_ways

        guards.resolve_guards.append(no_open_envelope)
        guards.merge_guards.append(no_open_envelope)
        guards.note_guards.append(experts_write_in_their_envelope)
        guards.task_guards.append(work_ends_with_the_envelope)
        task_ways.append(tasks_seen_by)
        work_ways.append(tasks_worked_by)
        file_ways.append(files_seen_by)
        flag_ways.append(helps_on)
        legal_ways.append(advises_on_law)
        compensation_ways.append(helped_tickets)
        helped_ways.append(helped_on)
        kin_ways.append(tasks_beside)
        kept_above["envelopes"] = "EXISTS (SELECT FROM envelopes_envelope v WHERE v.ticket_id = tickets_ticket.id)"
        redaction_ways.append(blank_words_of)
        wording.register()
        ticket_fields["has_open_envelopes"] = TicketField(
            read=open_envelope_flags, schema={"type": "boolean"}, default=False
        )
        timers.register("envelopes_timed_out", services.time_out_due_envelopes, order=32)
        timers.register("legal_advice_asked", services.ask_for_outstanding_advice, order=33)
