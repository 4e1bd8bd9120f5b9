"""Harms to what knowledge bases answer from: search collections and domains, indexes of Kendra, database tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.harms.row import Harm, all_on, behind_key, harmed, on, page
from graph.clouds.aws.rules.language import Conjunction, Need, Place, Supply

_COLLECTION, _DOMAIN, _INDEX, _BASE = "aoss:collection", "es:domain", "kendra:index", "bedrock:knowledge-base"
_SERVERLESS = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html"
_DATA_API = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html"
_READ, _POISON = ("read", "read_training_data", "read"), ("write", "poison_data", "poison")
_CALLED = Need("aoss:APIAccessAll", _COLLECTION)
SQL: Conjunction = (
    Need("rds-data:ExecuteStatement", "rds:cluster", Place.BASIS),
    Need("secretsmanager:GetSecretValue", "secretsmanager:secret", Place.BASIS),
    *behind_key("kms:Decrypt", "secretsmanager:secret"),
)


def _listed(permission: str) -> Conjunction:
    """Both IAM and the data access policies must let one in; neither can replace the other."""
    return (_CALLED, Need(permission, _COLLECTION, supply=Supply.LISTED))


def _collections() -> Iterator[Harm]:
    for (slug, harm, word), permission in ((_READ, "aoss:ReadDocument"), (_POISON, "aoss:WriteDocument")):
        yield Harm(
            key=f"aws.rag-store.{slug}-collection",
            asset="rag_store",
            harm=harm,
            rule=harmed(_COLLECTION, "rag_store", _listed(permission)),
            title=f"{word.capitalize()} a search collection",
            does=f"{word} what is kept in {{target}}",
            reason="A data access policy must name the caller, whatever its own policies say.",
            page=_SERVERLESS,
        )
        changes = (Need(f"aoss:{verb}AccessPolicy", "", Place.SOME) for verb in ("Update", "Create"))
        rule = harmed(_COLLECTION, "rag_store", *((change, _CALLED) for change in changes))
        yield Harm(
            key=f"aws.rag-store.{slug}-collection-by-policy",
            asset="rag_store",
            harm=harm,
            rule=replace(rule, guard="data access policy"),
            title=f"Write a data access policy and {word} a search collection",
            does=f"name itself in a data access policy of {{target}} and {word} what is kept there",
            reason="Whoever writes data access policies names itself in one.",
            page=_SERVERLESS,
        )


def _domains() -> Iterator[Harm]:
    """Where a domain has roles of its own, they decide once more, and no snapshot tells how."""
    acts = ((_READ, ("es:ESHttpGet", "es:ESHttpPost")), (_POISON, ("es:ESHttpPut", "es:ESHttpPost")))
    for (slug, harm, word), actions in acts:
        for own_roles in (False, True):
            rule = harmed(_DOMAIN, "rag_store", *on(_DOMAIN, *actions))
            more = "the domain's own roles let the caller in" if own_roles else ""
            yield Harm(
                key=f"aws.rag-store.{slug}-domain{'-with-roles' if own_roles else ''}",
                asset="rag_store",
                harm=harm,
                rule=replace(rule, where=(("own_roles", own_roles),), supposes=more),
                title=f"{word.capitalize()} a search domain{' that has roles of its own' if own_roles else ''}",
                does=f"{word} what is kept in {{target}}",
                reason="A search is a GET or a POST; fine-grained access control asks roles of its own too.",
                page="https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html",
            )


def _tables() -> Iterator[Harm]:
    for slug, harm, word in (_READ, _POISON):
        yield Harm(
            key=f"aws.rag-store.{slug}-tables",
            asset="rag_store",
            harm=harm,
            rule=harmed(_BASE, "rag_store", SQL),
            title=f"{word.capitalize()} the database behind a knowledge base",
            does=f"{word} the tables that {{target}} answers from",
            reason="The data API takes SQL from whoever may read the secret with the login.",
            page=_DATA_API,
            answers=("AWS-T241",) if slug == "read" else (),
        )


ROWS = (
    *_collections(),
    *_domains(),
    *_tables(),
    Harm(
        key="aws.rag-store.read-kendra",
        asset="rag_store",
        harm="read_training_data",
        rule=harmed(_INDEX, "rag_store", *on(_INDEX, "kendra:Query", "kendra:Retrieve")),
        title="Read an index of Kendra",
        does="read what is kept in {target}",
        reason="Both answers hold passages of the documents.",
        page=page("amazonkendra"),
    ),
    Harm(
        key="aws.rag-store.query-kendra",
        asset="rag_store",
        harm="invoke",
        rule=harmed(_INDEX, "rag_store", *on(_INDEX, "kendra:Retrieve")),
        title="Query an index of Kendra",
        does="query {target}",
        reason="Retrieve is what knowledge bases and agents ask it with.",
        page=page("amazonkendra"),
    ),
    Harm(
        key="aws.rag-store.write-kendra",
        asset="rag_store",
        harm="poison_data",
        rule=harmed(_INDEX, "rag_store", *on(_INDEX, "kendra:BatchPutDocument")),
        title="Poison an index of Kendra",
        does="put documents of its own into {target}",
        reason="What is in the index is what the model is told.",
        page=page("amazonkendra"),
    ),
    Harm(
        key="aws.rag-store.destroy-collection",
        asset="rag_store",
        harm="destroy",
        rule=harmed(_COLLECTION, "rag_store", all_on(_COLLECTION, "aoss:DeleteCollection")),
        title="Delete a search collection",
        does="delete {target}",
        reason="Knowledge bases that answer from it answer no more.",
        page=page("amazonopensearchserverless"),
    ),
)
