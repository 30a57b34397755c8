"""Sign in, sign out, and the first account."""

from allauth.account.utils import perform_login
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from webapp.pages.accounts.first import first_account_create, setup_is_open
from webapp.pages.accounts.forms import SetupForm, SignInForm


class SignInView(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """In, or on to the second factor where the person has one."""
        answer: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return answer


_sign_in = SignInView.as_view()
sign_out = LogoutView.as_view(next_page="sign-in")


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    return redirect("setup") if setup_is_open() else _sign_in(request)


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if not setup_is_open():
        return redirect("sign-in")
    form = SetupForm(request.POST or None, initial={"token": request.GET.get("token", "")})
    if not form.is_valid():
        return render(request, "accounts/setup.html", {"form": form})
    user = first_account_create(username=form.cleaned_data["username"], password=form.cleaned_data["password1"])
    if user is None:
        return redirect("sign-in")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")
