"""What an owner types to share a library."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indexer.models import Membership

ROLES = [
    (Membership.Role.VIEWER, _("viewer: look and search")),
    (Membership.Role.EDITOR, _("editor: also upload, change and delete videos")),
    (Membership.Role.OWNER, _("owner: also share it")),
]
DAYS = [("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days"))]


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, label=_("Role"))


class PersonForm(RoleForm):
    username = forms.CharField(
        max_length=150,
        label=_("Name"),
        help_text=_("As they sign in here."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["username", "role"]


class InviteForm(RoleForm):
    """Its ids differ from those of the form beside it."""

    def __init__(self, data: object = None) -> None:
        super().__init__(data, auto_id="id_invite_%s")  # type: ignore[arg-type]


class LinkForm(forms.Form):
    name = forms.CharField(
        max_length=80, label=_("Name"), help_text=_("Who it is for: Grandparents, The team in Lyon.")
    )
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial="7", label=_("It works for"))
