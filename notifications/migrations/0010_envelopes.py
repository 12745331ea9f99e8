from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0009_approvals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="event_type",
            field=models.CharField(
                choices=[
                    ("ticket_assigned", "Offered to you"),
                    ("offer_ended", "Offer ended"),
                    ("ownership_received", "You own a ticket now"),
                    ("customer_reply", "Customer wrote"),
                    ("ticket_reopened", "Reopened"),
                    ("ticket_closed", "Closed by the customer"),
                    ("note_added", "New note"),
                    ("mentioned", "You are mentioned"),
                    ("flag_added", "Ticket flagged"),
                    ("task_assigned", "Task for you"),
                    ("approval_requested", "Approval wanted"),
                    ("approval_overdue", "Approval overdue"),
                    ("approval_decided", "Approval decided"),
                    ("envelope_requested", "Help wanted"),
                    ("envelope_updated", "Envelope changed"),
                    ("envelope_message", "New in an envelope"),
                    ("escalation_timeout", "Nobody has accepted an envelope"),
                    ("send_failed", "Not sent"),
                    ("reply_dropped", "Scheduled reply not sent"),
                    ("cover_started", "You cover for a colleague"),
                    ("cover_ended", "You no longer cover for a colleague"),
                    ("deputy_absent", "The deputy is absent too"),
                    ("long_absence", "Absence of more than 30 days"),
                    ("bulk_ended", "Act on many tickets has ended"),
                    ("mail_brake", "Mails are held back"),
                    ("role_self_granted", "An admin took a role"),
                ],
                max_length=30,
            ),
        ),
    ]
