"""Only those of allauth's views that are wanted, under addresses of ours and the names by which its views lead on."""

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.urls import path

from webapp.factors.views import AccountView, PasswordView
from webapp.pages.accounts.views import sign_in

ASKED: Any = {"http_method_names": ["get", "head", "post"]}

urlpatterns = [
    path("account", AccountView.as_view(), name="account"),
    path("account", AccountView.as_view(), name="mfa_index"),
    path("account", AccountView.as_view(), name="mfa_list_webauthn"),
    path("account/password", PasswordView.as_view(**ASKED), name="password-change"),
    path("account/confirm", ReauthenticateView.as_view(**ASKED), name="account_reauthenticate"),
    path("account/app", ActivateTOTPView.as_view(**ASKED), name="mfa_activate_totp"),
    path("account/app/remove", DeactivateTOTPView.as_view(**ASKED), name="mfa_deactivate_totp"),
    path("account/passkey", AddWebAuthnView.as_view(**ASKED), name="mfa_add_webauthn"),
    path("account/passkey/<int:pk>/remove", RemoveWebAuthnView.as_view(**ASKED), name="mfa_remove_webauthn"),
    path("account/codes", ViewRecoveryCodesView.as_view(**ASKED), name="mfa_view_recovery_codes"),
    path("account/codes/new", GenerateRecoveryCodesView.as_view(**ASKED), name="mfa_generate_recovery_codes"),
    path("sign-in", sign_in, name="account_login"),
    path("sign-in/code", AuthenticateView.as_view(**ASKED), name="mfa_authenticate"),
    path("sign-in/passkey", LoginWebAuthnView.as_view(**ASKED), name="mfa_login_webauthn"),
]
