from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indexer', '0006_label_sets'),
    ]

    operations = [
        migrations.AddField(
            model_name='video',
            name='trashed_at',
            field=models.DateTimeField(blank=True, help_text='in the trash since: hidden everywhere, and whole until the sweeper deletes it', null=True),
        ),
        migrations.AddIndex(
            model_name='video',
            index=models.Index(condition=models.Q(('trashed_at__isnull', False)), fields=['trashed_at'], name='video_trash'),
        ),
    ]
