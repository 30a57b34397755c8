"""One row a deed. Rows are added and, when they are old, swept; the database itself refuses all else."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    class Kind(models.TextChoices):
        SIGNED_IN = "signed-in", _("signed in")
        SIGN_IN_FAILED = "sign-in-failed", _("wrong password")
        CODE_FAILED = "code-failed", _("wrong second factor")
        LOCKED_OUT = "locked-out", _("locked out after wrong passwords")
        SIGNED_OUT = "signed-out", _("signed out")
        PASSWORD_CHANGED = "password-changed", _("changed the password")
        FACTOR_ADDED = "factor-added", _("added a second factor")
        FACTOR_REMOVED = "factor-removed", _("removed a second factor")
        CODES_MADE = "codes-made", _("made recovery codes")
        FACTORS_RESET = "factors-reset", _("second factors reset by the operator")
        KEY_MADE = "key-made", _("made a key")
        KEY_ENDED = "key-ended", _("deleted a key")
        PERSON_ADDED = "person-added", _("added a person")
        ROLE_CHANGED = "role-changed", _("changed a role")
        PERSON_REMOVED = "person-removed", _("removed a person")
        INVITED = "invited", _("made an invitation")
        INVITATION_WITHDRAWN = "invitation-withdrawn", _("withdrew an invitation")
        JOINED = "joined", _("joined a library")
        LINK_MADE = "link-made", _("made a link")
        LINK_ENDED = "link-ended", _("ended a link")
        LINK_OPENED = "link-opened", _("came by a link")
        DELETED = "deleted", _("deleted for good")
        EXPORTED = "exported", _("exported")

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    # Plain values, not a reference: what somebody did stays when their account goes.
    person_id = models.BigIntegerField(null=True, help_text="none: nobody who is known here, or a command")
    person = models.CharField(max_length=150, blank=True, help_text="their name at the time")
    about = models.CharField(max_length=300, blank=True, help_text="what it was done to; never what was searched for")
    address = models.GenericIPAddressField(null=True, help_text="where the request came from")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),  # the operator's list, and the sweeper
            models.Index(fields=["person_id", "-at"], name="audit_person"),  # a person's own
        ]

    def __str__(self) -> str:
        return f"{self.person or 'somebody'} {self.get_kind_display()}"
