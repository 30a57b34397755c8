from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indexer', '0010_tracks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='likelycopy',
            name='dismissed_at',
            field=models.DateTimeField(blank=True, help_text='when somebody said that it is no copy', null=True),
        ),
        migrations.AddField(
            model_name='video',
            name='copies_sought_at',
            field=models.DateTimeField(blank=True, help_text='when it was last compared with the rest of its library', null=True),
        ),
        migrations.AddIndex(
            model_name='video',
            index=models.Index(condition=models.Q(('copies_sought_at__isnull', True), ('copies_sought_at__lt', models.F('indexed_at')), _connector='OR'), fields=['indexed_at'], name='video_uncompared'),
        ),
    ]
