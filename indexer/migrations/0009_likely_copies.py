import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indexer', '0008_recorded_at_and_tags'),
    ]

    operations = [
        migrations.CreateModel(
            name='LikelyCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('share', models.FloatField(help_text="of the shorter one's windows that the other shows too")),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='indexer.video')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='indexer.video')),
            ],
            options={
                'ordering': ['-share', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='likelycopy',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='one_row_a_pair'),
        ),
    ]
