"""Every row of assumed breach has its set of targets now; on PostgreSQL that can only be said after the rows are."""

from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    dependencies = [("paths", "0003_gather_targets")]

    operations = [
        migrations.AlterField(
            "breach",
            "targets",
            models.ForeignKey(on_delete=deletion.CASCADE, related_name="breaches", to="paths.targetset"),
        ),
        migrations.AlterModelOptions("breach", {"ordering": ("hops", "harm", "id")}),
        migrations.RemoveField("breach", "target_key"),
        migrations.RemoveField("breach", "target_name"),
        migrations.RemoveField("breach", "target_kind"),
    ]
