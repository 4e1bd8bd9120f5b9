"""Paths that are there already say as well which nodes they pass."""

from itertools import islice

from django.db import migrations


def note(apps, schema_editor):
    findings, passed = apps.get_model("paths", "Finding"), apps.get_model("paths", "Passed")
    told = (
        passed(finding_id=pk, node_key=node["key"])
        for pk, nodes in findings.objects.order_by("pk").values_list("pk", "path__nodes").iterator()
        for node in nodes or ()
    )
    while some := list(islice(told, 500)):
        passed.objects.bulk_create(some)


class Migration(migrations.Migration):
    dependencies = [("paths", "0005_paths_of_nodes_and_bindings")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
