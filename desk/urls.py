"""The agents' pages; names as in ux.md section 1. The customer's page stands outside, without a namespace."""

from django.urls import URLPattern, URLResolver, include, path

from desk.views import (
    conversation,
    drafts,
    fields,
    files,
    forms,
    history,
    new,
    notifications,
    outbox,
    queues,
    search,
    tasks,
    tickets,
)

app_name = "desk"

ticket_acts: list[URLPattern | URLResolver] = [
    path("", tickets.ticket, name="ticket"),
    path("accept/", tickets.accept, name="accept"),
    path("offer/", forms.offer, name="offer"),
    path("withdraw_offer/", tickets.withdraw_offer, name="withdraw-offer"),
    path("change_team/", forms.change_team, name="change-team"),
    path("wait/", tickets.wait, name="wait"),
    path("resume/", tickets.resume, name="resume"),
    path("resolve/", forms.resolve, name="resolve"),
    path("confirm/", tickets.confirm, name="confirm"),
    path("reopen/", forms.reopen, name="reopen"),
    path("cancel/", forms.cancel, name="cancel"),
    path("spam/", forms.spam, name="spam"),
    path("fields/", forms.fields, name="fields"),
    path("fields/<slug:name>/", fields.field, name="field"),
    path("tasks/", tasks.add, name="tasks"),
    path("tasks/<uuid:task_id>/edit/", tasks.edit, name="task-edit"),
    path("tasks/<uuid:task_id>/assign/", tasks.assign, name="task-assign"),
    path("tasks/<uuid:task_id>/<slug:name>/", tasks.step, name="task-step"),
    path("links/", forms.links, name="links"),
    path("watch/", tickets.watch, name="watch"),
    path("unwatch/", tickets.unwatch, name="unwatch"),
    path("reply/", conversation.reply, name="reply"),
    path("preview/", conversation.preview, name="preview"),
    path("note/", conversation.note, name="note"),
    path("images/", tickets.allow_images, name="images"),
    path("history/", history.history, name="history"),
    path("entries/<uuid:entry_id>/html/", files.original, name="original"),
    path("entries/<uuid:entry_id>/text/", files.whole_text, name="whole-text"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", queues.home, name="home"),
    path("queue/<slug:view>/", queues.queue, name="queue"),
    path("t/new/", new.new_ticket, name="new"),
    path("t/<slug:reference>/", include(ticket_acts)),
    path("attachments/<uuid:attachment_id>/", files.attachment, name="attachment"),
    path("drafts/<slug:key>/", drafts.draft, name="draft"),
    path("search/", search.search, name="search"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<uuid:message_id>/undo/", outbox.undo, name="undo"),
    path("outbox/<uuid:message_id>/schedule/", outbox.schedule, name="schedule"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications-read"),
    path("notifications/<uuid:notification_id>/open/", notifications.open_one, name="notification-open"),
    path("", include("desk.people.urls")),
]
