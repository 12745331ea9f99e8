"""URLs of sign-in, profile, people and customers; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.people.views import account, addresses, customers, microsoft, own_keys, people, second_factor, session

urlpatterns: list[URLPattern] = [
    path("login/", session.SignIn.as_view(), name="login"),
    path("login/microsoft/", microsoft.back, name="microsoft-back"),
    path("login/microsoft/<uuid:connection_id>/", microsoft.to_microsoft, name="to-microsoft"),
    path("logout/", session.SignOut.as_view(), name="logout"),
    path("password-reset/", session.forgotten_password, name="forgotten-password"),
    path("password-reset/sent/", session.password_mail_sent, name="password-mail-sent"),
    path("password-reset/<uidb64>/<token>/", session.SetPassword.as_view(), name="set-password"),
    path("account/", account.profile, name="account"),
    path("account/session/", session.own_session, name="session"),
    path("account/theme/", account.theme, name="theme"),
    path("account/panels/", account.panels, name="panels"),
    path("account/language/", account.language, name="language"),
    path("account/keys/", own_keys.own_keys, name="own-keys"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", second_factor.second_factor, name="second-factor"),
    path("account/absences/new/", people.own_absence, name="own-absence"),
    path("people/", people.present_today, name="people"),
    path("people/<uuid:agent_id>/absences/new/", people.new_absence, name="new-absence"),
    path("absences/<uuid:absence_id>/", people.absence, name="absence"),
    path("absences/<uuid:absence_id>/cancel/", people.cancel, name="cancel-absence"),
    path("customers/", customers.found, name="customers"),
    path("customers/<uuid:contact_id>/", customers.contact, name="customer"),
    path("customers/<uuid:contact_id>/edit/", customers.edit, name="edit-customer"),
    path("customers/<uuid:contact_id>/address/", addresses.address, name="address"),
    path("customers/<uuid:contact_id>/deliverable/", customers.deliverable, name="deliverable"),
    path("orgs/<uuid:company_id>/", customers.company, name="company"),
]
