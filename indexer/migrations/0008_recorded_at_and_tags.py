import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indexer', '0007_trash'),
    ]

    operations = [
        migrations.AddField(
            model_name='video',
            name='recorded_at',
            field=models.DateTimeField(blank=True, help_text='when it was shot: from the file, or a person', null=True),
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='indexer.library')),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name')],
            },
        ),
        migrations.AddField(
            model_name='video',
            name='tags',
            field=models.ManyToManyField(blank=True, related_name='videos', to='indexer.tag'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(models.F('library'), django.db.models.functions.text.Lower('name'), name='one_tag_a_name'),
        ),
    ]
