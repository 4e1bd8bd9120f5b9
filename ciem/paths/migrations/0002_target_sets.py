"""Rows of assumed breach name sets of targets; findings name the narrower entries they hold for as well."""

from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    dependencies = [("paths", "0001_initial"), ("scans", "0001_initial")]

    operations = [
        migrations.AddField("finding", "implied", models.JSONField(default=list)),
        migrations.CreateModel(
            name="TargetSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("members", models.JSONField(default=list)),
                ("count", models.PositiveIntegerField()),
                (
                    "graph",
                    models.ForeignKey(on_delete=deletion.CASCADE, related_name="target_sets", to="scans.estategraph"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TargetMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target_key", models.CharField(db_index=True, max_length=1000)),
                ("target_name", models.CharField(max_length=400)),
                (
                    "targets",
                    models.ForeignKey(on_delete=deletion.CASCADE, related_name="+", to="paths.targetset"),
                ),
            ],
        ),
        migrations.AddField(
            "breach",
            "targets",
            models.ForeignKey(null=True, on_delete=deletion.CASCADE, related_name="breaches", to="paths.targetset"),
        ),
    ]
