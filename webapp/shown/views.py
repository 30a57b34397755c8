"""Show a picture, and look at it again."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from indexer.models import Video
from indexer.selectors import videos_visible_to
from model_server.engine import EngineError
from model_server.frames.errors import MediaError
from webapp.errors import faults_of
from webapp.languages.stored import in_language
from webapp.media.answers import private
from webapp.model import engine
from webapp.shown.selectors import pictures_visible_to
from webapp.shown.services import picture_show

KEPT_S = 3600


class PictureForm(forms.Form):
    picture = forms.FileField(error_messages={"required": _("Choose a picture.")})
    q = forms.CharField(max_length=500, required=False)
    at_s = forms.FloatField(min_value=0, max_value=1e6, required=False)
    video = forms.ModelChoiceField(Video.objects.none(), required=False)


@require_POST
def picture_new(request: HttpRequest) -> HttpResponse:
    """Looked at, then searched with: the answer is the address of the search, with the words that were typed."""
    assert request.user.pk is not None
    form = PictureForm(request.POST, request.FILES)
    choice = form.fields["video"]
    assert isinstance(choice, forms.ModelChoiceField)
    choice.queryset = videos_visible_to(request.user)
    if not form.is_valid():
        return _refused(request, faults_of(form))
    asked = form.cleaned_data
    try:
        picture = picture_show(
            owner_id=request.user.pk,
            file=asked["picture"],
            engine=engine(),
            video=asked["video"],
            at_s=asked["at_s"] if asked["video"] else None,
        )
    except (MediaError, EngineError) as problem:
        return _refused(request, in_language(problem))
    words = {"q": asked["q"]} if asked["q"] else {}
    return redirect(f"{reverse('search')}?{urlencode({**words, 'like': str(picture.pk)})}")


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("home")


@require_safe
def picture(request: HttpRequest, picture_id: str) -> HttpResponse:
    found = get_object_or_404(pictures_visible_to(request.user), pk=picture_id)
    return private(HttpResponse(bytes(found.thumbnail), content_type="image/webp"), KEPT_S)
