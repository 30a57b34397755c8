"""What is said of videos and of their segments: tags by people, labels and likely copies by the model."""

from django.db import models
from django.db.models.functions import Lower


class Tag(models.Model):
    """A word that people give to videos of a library."""

    library = models.ForeignKey("indexer.Library", on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=60)

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint("library", Lower("name"), name="one_tag_a_name")]

    def __str__(self) -> str:
        return self.name


class LabelSet(models.Model):
    """Names that every segment of a library is held against."""

    library = models.ForeignKey("indexer.Library", on_delete=models.CASCADE, related_name="label_sets")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["library", "name"], name="one_label_set_a_name")]

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    """One name of a set."""

    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=120)
    place = models.PositiveIntegerField(help_text="in the order the person gave")

    class Meta:
        ordering = ["label_set", "place"]
        constraints = [models.UniqueConstraint(fields=["label_set", "name"], name="one_label_a_name")]

    def __str__(self) -> str:
        return self.name


class SegmentLabel(models.Model):
    """The name of a set that a segment comes nearest to."""

    segment = models.ForeignKey("indexer.Segment", on_delete=models.CASCADE, related_name="labels")
    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, related_name="+")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="segments", db_index=False)
    score = models.FloatField(help_text="calibrated probability that the name is right")
    sure = models.BooleanField(help_text="the score reached the cut-off of search")

    class Meta:
        indexes = [models.Index(fields=["label", "sure"], name="segment_label_sure")]  # search by label
        constraints = [models.UniqueConstraint(fields=["segment", "label_set"], name="one_label_a_segment")]

    def __str__(self) -> str:
        return f"{self.segment_id} is {self.label_id}"


class LikelyCopy(models.Model):
    """Two videos of a library whose streams are nearly the same, as they were when they were last compared."""

    first = models.ForeignKey("indexer.Video", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("indexer.Video", on_delete=models.CASCADE, related_name="+")
    share = models.FloatField(help_text="of the shorter one's windows that the other shows too")
    dismissed_at = models.DateTimeField(null=True, blank=True, help_text="when somebody said that it is no copy")

    class Meta:
        ordering = ["-share", "id"]
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="one_row_a_pair")]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"

    @property
    def pair(self) -> tuple[models.Model, models.Model]:
        return self.first, self.second
