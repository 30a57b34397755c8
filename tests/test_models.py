import pytest

from indexer.models import Library


@pytest.mark.django_db
def test_a_library_is_named_by_its_name():
    assert str(Library.objects.create(name="Holidays")) == "Holidays"
