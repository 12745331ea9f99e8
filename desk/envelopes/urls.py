"""Addresses of envelopes: their tabs below the ticket, and what goes across tickets."""

from django.urls import URLPattern, path

from desk.envelopes import board, contribution, files, mine, vendors, views, writing

on_ticket: list[URLPattern] = [
    path("envelopes/", views.ask, name="envelopes"),
    path("e/<int:number>/", views.envelope, name="envelope"),
    path("e/<int:number>/accept/", views.accept, name="envelope-accept"),
    path("e/<int:number>/decline/", views.decline, name="envelope-decline"),
    path("e/<int:number>/redirect/", views.redirect_to, name="envelope-redirect"),
    path("e/<int:number>/invite/", views.invite, name="envelope-invite"),
    path("e/<int:number>/release/", views.release, name="envelope-release"),
    path("e/<int:number>/complete/", views.seal, name="envelope-complete"),
    path("e/<int:number>/cancel/", views.cancel, name="envelope-cancel"),
    path("e/<int:number>/reopen/", views.reopen, name="envelope-reopen"),
    path("e/<int:number>/offer/", board.offer, name="envelope-offer"),
    path("e/<int:number>/withdraw_offer/", board.withdraw_offer, name="envelope-withdraw-offer"),
    path("e/<int:number>/take_offer/", views.take_offer, name="envelope-take-offer"),
    path("e/<int:number>/envelopes/", views.next_level, name="envelope-envelopes"),
    path("e/<int:number>/tasks/", views.add_task, name="envelope-tasks"),
    path("e/<int:number>/messages/", writing.post, name="envelope-messages"),
    path("e/<int:number>/draft/", writing.draft, name="envelope-draft"),
    path("e/<int:number>/draft/files/", files.keep, name="envelope-draft-files"),
    path("e/<int:number>/draft/files/<uuid:file_id>/remove/", files.remove, name="envelope-draft-file-remove"),
    path("e/<int:number>/entries/<uuid:entry_id>/html/", files.original, name="envelope-original"),
    path("e/<int:number>/entries/<uuid:entry_id>/text/", files.whole_text, name="envelope-whole-text"),
    path("e/<int:number>/vendor/", views.name_vendor, name="envelope-vendor"),
    path("e/<int:number>/vendor_mails/", vendors.write, name="envelope-vendor-mails"),
    path("e/<int:number>/vendor_mails/draft/", vendors.draft, name="envelope-vendor-draft"),
    path("e/<int:number>/vendor_mails/<uuid:message_id>/undo/", vendors.undo, name="envelope-vendor-undo"),
    path("e/<int:number>/read/", views.read, name="envelope-read"),
    path("e/<int:number>/use/", writing.use, name="envelope-use"),
]

everywhere: list[URLPattern] = [
    path("envelopes/", mine.my, name="my-envelopes"),
    path("envelopes/contribution/", contribution.contribution, name="contribution"),
    path("help/", board.board, name="help-board"),
]
