import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('webapp', '0009_upload_metadata'),
    ]

    operations = [
        migrations.CreateModel(
            name='TourEnded',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('ended_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
