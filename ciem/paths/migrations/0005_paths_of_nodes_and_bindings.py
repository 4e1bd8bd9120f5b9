"""Paths are found by the nodes they pass, identities with the documents that bind them, scopes with their names."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0001_initial"),
        ("paths", "0004_targets_only_in_sets"),
        ("scans", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="policydocument",
            name="is_evidence",
            field=models.BooleanField(default=True),
        ),
        migrations.CreateModel(
            name="Bound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity_key", models.CharField(db_index=True, max_length=1000)),
                ("papers", models.JSONField(default=list)),
                (
                    "graph",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bound", to="scans.estategraph"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Passed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node_key", models.CharField(db_index=True, max_length=1000)),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passed", to="paths.finding"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ScopeName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=400)),
                ("name", models.CharField(max_length=400)),
                (
                    "graph",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scope_names", to="scans.estategraph"
                    ),
                ),
                (
                    "touches",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="connections.connectionset"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
