"""Rows of assumed breach that are there keep saying what they said: each gets the set of its one target."""

from django.db import migrations


def gather(apps, schema_editor):
    breaches, sets, members = (apps.get_model("paths", name) for name in ("Breach", "TargetSet", "TargetMember"))
    known = {}
    for row in breaches.objects.order_by("pk").iterator():
        said = (row.graph_id, row.target_key)
        if said not in known:
            told = [[row.target_key, row.target_name, row.target_kind]]
            known[said] = sets.objects.create(graph_id=row.graph_id, members=told, count=1)
            members.objects.create(targets=known[said], target_key=row.target_key, target_name=row.target_name)
        breaches.objects.filter(pk=row.pk).update(targets=known[said])


class Migration(migrations.Migration):
    dependencies = [("paths", "0002_target_sets")]

    operations = [migrations.RunPython(gather, migrations.RunPython.noop)]
