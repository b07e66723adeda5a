"""Addresses of the LTI tool."""

from django.urls import URLPattern, path

from classes.lti.pages import accounts, content, launches, registration, staff

app_name = "lti"
urlpatterns: list[URLPattern] = [
    path("login/", launches.begin_login, name="login"),
    path("launch/", launches.launch, name="launch"),
    path("content/", launches.launch, name="content_launch"),
    path("jwks/", launches.jwks, name="jwks"),
    path("launches/<str:secret>/", launches.enter, name="enter"),
    path("launches/<str:secret>/content/", content.content, name="content"),
    path("accounts/", accounts.linked_accounts, name="accounts"),
    path("register/<str:secret>/", registration.register, name="register"),
    path("platforms/", staff.platforms, name="platforms"),
    path("platforms/new/", staff.new_platform, name="new_platform"),
    path("platforms/<int:pk>/", staff.platform, name="platform"),
    path("platforms/<int:pk>/deployments/", staff.deployment, name="deployment"),
    path("contexts/<int:pk>/", staff.context, name="context"),
    path("scores/", staff.scores, name="scores"),
    path("log/", staff.log, name="log"),
    path("keys/", staff.rotate_key, name="rotate_key"),
    path("invitations/", staff.invite, name="invite"),
]
