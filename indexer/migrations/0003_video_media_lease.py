from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indexer', '0002_video_rung_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='video',
            name='media_lease_token',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='video',
            name='media_rung_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='video',
            name='media_lease_until',
            field=models.DateTimeField(blank=True, help_text='while it waits: no claim before this', null=True),
        ),
    ]
