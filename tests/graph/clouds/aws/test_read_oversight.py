"""Which harms leave no log and which meet a guard: decided by trails, stores, logs of services; else not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from graph.clouds.aws.read import read
from graph.clouds.aws.read.reader import read_alone
from graph.clouds.aws.read.survey import piece, survey
from graph.model import Node
from graph.node_facts import BECAUSE, GUARDED, LOG_UNKNOWN, UNLOGGED, told
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, OUTSIDE, REGION, A, B, arn, details, facts

DATA = "nw-training-data"
BUCKET = f"arn:aws:s3:::{DATA}"
TRAIL = arn("cloudtrail", "trail/all")
STORE = arn("cloudtrail", "eventdatastore/1234")
STEMS = (UNLOGGED, LOG_UNKNOWN, GUARDED)
ALL = "destroy, poison_data, read_training_data"
LOGGING = "bedrock-get-model-invocation-logging-configuration"
MODEL = f"arn:aws:bedrock:{REGION}::foundation-model/some.model"
OWN_MODEL = arn("bedrock", "imported-model/m")
ON = {"loggingConfig": {"cloudWatchConfig": {"logGroupName": "prompts"}}}
NOTHING: Mapping[Any, Any] = {}
NO_ORGANIZATION: Mapping[Any, Any] = {"organizations-describe-organization": {}}


def _bucket(more: Mapping[Any, Any] = NOTHING) -> dict[Any, Any]:
    """A bucket of training data whose access log is off, in an account of which everything that records is told."""
    return {
        DETAILS: details(),
        **NO_ORGANIZATION,
        "s3-list-buckets": {"Buckets": [{"Name": DATA, "BucketRegion": REGION}]},
        ("s3-get-bucket-logging", DATA): {},
        "cloudtrail-describe-trails": {"trailList": []},
        "cloudtrail-list-event-data-stores": {"EventDataStores": []},
        **more,
    }


def _trail(*selectors: dict[str, Any], logging: bool = True, **about: Any) -> dict[Any, Any]:
    trail = {"TrailARN": TRAIL, "HomeRegion": REGION, "IsMultiRegionTrail": True, "IsOrganizationTrail": False, **about}
    kind = "AdvancedEventSelectors" if selectors and "FieldSelectors" in selectors[0] else "EventSelectors"
    return {
        "cloudtrail-describe-trails": {"trailList": [trail]},
        ("cloudtrail-get-trail-status", TRAIL): {"IsLogging": logging},
        ("cloudtrail-get-event-selectors", TRAIL): {"TrailARN": TRAIL, kind: list(selectors)},
    }


def _plain(*places: str, wanted: str = "All") -> dict[str, Any]:
    return {"ReadWriteType": wanted, "DataResources": [{"Type": "AWS::S3::Object", "Values": list(places)}]}


def _advanced(**fields: Any) -> dict[str, Any]:
    said = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}, **fields}
    return {"FieldSelectors": [{"Field": name, **test} for name, test in said.items()]}


def _logs(answers: dict[Any, Any], key: str = BUCKET) -> tuple[str, str]:
    """What leaves no log, and of what that is not known."""
    known = dict(small.node(facts(answers), key).properties)
    return known.get(UNLOGGED, ""), known.get(LOG_UNKNOWN, "")


def test_what_nothing_records_leaves_no_log_and_the_places_are_named() -> None:
    node = small.node(facts(_bucket()), BUCKET)
    assert _logs(_bucket()) == (ALL, "")
    assert "CloudTrail" in (told(node, UNLOGGED, "read_training_data") or "")
    assert "access log" in (told(node, UNLOGGED, "read_training_data") or "")


def test_what_can_be_done_to_a_bucket_goes_by_what_it_is_for() -> None:
    plain = {**_bucket(), "s3-list-buckets": {"Buckets": [{"Name": "nw-holidays", "BucketRegion": REGION}]}}
    assert _logs(plain, "arn:aws:s3:::nw-holidays") == ("", "")


@pytest.mark.parametrize(
    ("selector", "unlogged", "unknown"),
    [
        (_plain("arn:aws:s3"), "", ""),
        (_plain("arn:aws:s3:::"), "", ""),
        (_plain(f"{BUCKET}/"), "", ""),
        (_plain(f"{BUCKET}/raw/"), "", ALL),
        (_plain("arn:aws:s3:::another/"), ALL, ""),
        (_plain("arn:aws:s3", wanted="WriteOnly"), "read_training_data", ""),
        (_plain("arn:aws:s3", wanted="ReadOnly"), "destroy, poison_data", ""),
        ({"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}, ALL, ""),
        (_advanced(), "", ""),
        (_advanced(readOnly={"Equals": ["false"]}), "read_training_data", ""),
        (_advanced(eventName={"Equals": ["DeleteObject"]}), "poison_data, read_training_data", ""),
        (_advanced(eventName={"NotEquals": ["DeleteObject"]}), "destroy", ""),
        (_advanced(eventName={"StartsWith": ["Get", "Put"]}), "destroy", ""),
        (_advanced(**{"resources.type": {"Equals": ["AWS::Lambda::Function"]}}), ALL, ""),
        (_advanced(eventCategory={"Equals": ["Management"]}), ALL, ""),
        (_advanced(**{"resources.ARN": {"StartsWith": [f"{BUCKET}/"]}}), "", ""),
        (_advanced(**{"resources.ARN": {"StartsWith": ["arn:aws:s3:::nw-"]}}), "", ""),
        (_advanced(**{"resources.ARN": {"StartsWith": [f"{BUCKET}/raw/"]}}), "", ALL),
        (_advanced(**{"resources.ARN": {"Equals": [f"{BUCKET}/one.csv"]}}), "", ALL),
        (_advanced(**{"resources.ARN": {"StartsWith": ["arn:aws:s3:::other/"]}}), ALL, ""),
        (_advanced(**{"resources.ARN": {"NotStartsWith": [f"{BUCKET}/"]}}), ALL, ""),
        (_advanced(**{"resources.ARN": {"NotStartsWith": [f"{BUCKET}/raw/"]}}), "", ALL),
        (_advanced(**{"resources.ARN": {"NotStartsWith": ["arn:aws:s3:::other/"]}}), "", ""),
        (_advanced(**{"userIdentity.arn": {"NotStartsWith": ["arn:aws:sts::1"]}}), "", ALL),
    ],
)
def test_selectors_decide_call_by_call(selector: dict[str, Any], unlogged: str, unknown: str) -> None:
    assert _logs(_bucket(_trail(selector))) == (unlogged, unknown)


def test_one_selector_of_several_is_enough() -> None:
    assert _logs(_bucket(_trail(_plain("arn:aws:s3:::another/"), _plain(f"{BUCKET}/")))) == ("", "")


def test_a_trail_that_is_stopped_records_nothing_and_one_of_which_that_is_not_known_may() -> None:
    everything = _plain("arn:aws:s3")
    assert _logs(_bucket(_trail(everything, logging=False))) == (ALL, "")
    untold = _bucket(_trail(everything))
    del untold["cloudtrail-get-trail-status", TRAIL]
    assert _logs(untold) == ("", ALL)


def test_a_trail_of_another_region_records_nothing_here() -> None:
    elsewhere = _trail(_plain("arn:aws:s3"), IsMultiRegionTrail=False, HomeRegion="us-west-2")
    assert _logs(_bucket(elsewhere)) == (ALL, "")
    assert _logs(_bucket(_trail(_plain("arn:aws:s3"), IsMultiRegionTrail=False))) == ("", "")


def test_an_event_data_store_records_as_a_trail_does_until_it_is_stopped() -> None:
    def store(status: str) -> dict[Any, Any]:
        about = {"Status": status, "MultiRegionEnabled": True, "AdvancedEventSelectors": [_advanced()]}
        return _bucket(
            {
                "cloudtrail-list-event-data-stores": {"EventDataStores": [{"EventDataStoreArn": STORE}]},
                ("cloudtrail-get-event-data-store", STORE): {"EventDataStoreArn": STORE, **about},
            }
        )

    assert _logs(store("ENABLED")) == ("", "")
    assert _logs(store("STOPPED_INGESTION")) == (ALL, "")


def test_an_access_log_is_a_log() -> None:
    answers = _bucket()
    answers["s3-get-bucket-logging", DATA] = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
    assert _logs(answers) == ("", "")


@pytest.mark.parametrize(
    "unread",
    [
        "cloudtrail-describe-trails",
        "cloudtrail-list-event-data-stores",
        ("s3-get-bucket-logging", DATA),
        "organizations-describe-organization",
    ],
)
def test_what_was_not_read_may_be_a_log(unread: Any) -> None:
    answers = _bucket()
    del answers[unread]
    assert _logs(answers) == ("", ALL)


def _member(*selectors: dict[str, Any], manager: bool = True) -> list[Any]:
    """The account with the bucket, in an organization whose management account has an event data store for all."""
    about = {"Status": "ENABLED", "MultiRegionEnabled": True, "OrganizationEnabled": True}
    mine = {**_bucket(), "organizations-describe-organization": {"Organization": {"Id": "o-1", "MasterAccountId": B}}}
    store = STORE.replace(A, B)
    theirs: dict[Any, Any] = {
        DETAILS: details(),
        "organizations-describe-organization": {"Organization": {"Id": "o-1", "MasterAccountId": B}},
        "organizations-list-accounts": {"Accounts": [{"Id": A}, {"Id": B}]},
        "cloudtrail-describe-trails": {"trailList": []},
        "cloudtrail-list-event-data-stores": {"EventDataStores": [{"EventDataStoreArn": store}]},
        ("cloudtrail-get-event-data-store", store): {**about, "AdvancedEventSelectors": list(selectors)},
    }
    return [small.snapshot(mine), *([small.snapshot(theirs, account=B)] if manager else [])]


def test_what_the_organization_records_is_asked_of_the_account_that_manages_it() -> None:
    def logs(*selectors: dict[str, Any], manager: bool = True) -> tuple[str, str]:
        known = dict(small.node(read(_member(*selectors, manager=manager)), BUCKET).properties)
        return known.get(UNLOGGED, ""), known.get(LOG_UNKNOWN, "")

    assert logs(_advanced()) == ("", "")
    assert logs(_advanced(**{"resources.type": {"Equals": ["AWS::Lambda::Function"]}})) == (ALL, "")
    assert logs(_advanced(), manager=False) == ("", ALL)


def _told_alone(snapshots: list[Any], account: str) -> dict[str, tuple[str, ...]]:
    """What is known of logs and guards where each account is read by itself."""
    found, _beside = read_alone(account, piece(snapshots, account), survey(snapshots))
    return _oversight(found.nodes)


def _oversight(nodes: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    return {
        node.key: tuple(f"{name}: {value}" for name, value in node.properties if name.startswith(STEMS))
        for node in nodes
    }


@pytest.mark.parametrize("manager", [True, False])
def test_an_account_that_is_read_by_itself_tells_the_same_of_its_logs(manager: bool) -> None:
    for types in (["AWS::S3::Object"], ["AWS::Lambda::Function"]):
        selector = _advanced(**{"resources.type": {"Equals": types}})
        both = [*_member(selector, manager=manager), small.snapshot(_models({LOGGING: {}}), account=OUTSIDE)]
        together = _oversight(read(both).nodes)
        for account in (A, OUTSIDE):
            alone = _told_alone(both, account)
            assert alone == {key: together[key] for key in alone}
        assert any(together.values())


def test_a_trail_of_the_organization_is_listed_in_its_members_and_is_nothing_wrong_there() -> None:
    theirs = TRAIL.replace(A, B)
    answers = _bucket(_trail(_plain("arn:aws:s3"), TrailARN=theirs, IsOrganizationTrail=True))
    answers["cloudtrail-get-trail-status", theirs] = {"IsLogging": True}
    answers["cloudtrail-get-event-selectors", theirs] = {"EventSelectors": [_plain("arn:aws:s3")]}
    found = facts(answers)
    assert (found.problems, found.resources.get("cloudtrail:trail")) == ((), None)
    assert _logs(answers) == ("", "")
    answers["cloudtrail-describe-trails"]["trailList"][0]["IsOrganizationTrail"] = False
    assert [problem.what for problem in facts(answers).problems] != []


def test_versioning_guards_against_deleting_and_nothing_else() -> None:
    answers = {**_bucket(), ("s3-get-bucket-versioning", DATA): {"Status": "Enabled"}}
    node = small.node(facts(answers), BUCKET)
    assert "versioning" in (told(node, GUARDED, "destroy") or "")
    assert told(node, GUARDED, "poison_data") is None
    assert told(small.node(facts(_bucket()), BUCKET), GUARDED, "destroy") is None


# ----- models, agents, endpoints


def _models(more: Mapping[Any, Any] = NOTHING) -> dict[Any, Any]:
    return {
        DETAILS: details(),
        "bedrock-list-foundation-models": {"modelSummaries": [{"modelArn": MODEL, "modelId": "some.model"}]},
        "bedrock-list-imported-models": {"modelSummaries": [{"modelArn": OWN_MODEL, "modelName": "m"}]},
        **more,
    }


@pytest.mark.parametrize("model", [MODEL, OWN_MODEL])
def test_calls_of_a_model_are_logged_where_invocations_are_written_down(model: str) -> None:
    calls = "extract_model, invoke"
    assert _logs(_models({LOGGING: ON}), model) == ("", "")
    assert _logs(_models({LOGGING: {}}), model) == (calls, "")
    assert _logs(_models(), model) == ("", calls)


def test_a_model_that_everybody_has_is_called_in_any_account() -> None:
    def logs(mine: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, str]:
        both = [small.snapshot(_models({LOGGING: mine})), small.snapshot(_models({LOGGING: theirs}), account=B)]
        known = dict(small.node(read(both), MODEL).properties)
        return known.get(UNLOGGED, ""), known.get(LOG_UNKNOWN, "")

    assert logs(ON, ON) == ("", "")
    assert logs({}, {}) == ("extract_model, invoke", "")
    assert logs(ON, {}) == ("", "extract_model, invoke")


def _agent(more: Mapping[Any, Any] = NOTHING, **about: Any) -> dict[Any, Any]:
    agent = {"agentId": "AG1", "agentName": "helper", "agentResourceRoleArn": arn("iam", "role/r")}
    return {
        DETAILS: details(),
        **NO_ORGANIZATION,
        "bedrock-agent-list-agents": {"agentSummaries": [{"agentId": "AG1"}]},
        ("bedrock-agent-get-agent", "AG1"): {"agent": {**agent, **about}},
        "cloudtrail-describe-trails": {"trailList": []},
        "cloudtrail-list-event-data-stores": {"EventDataStores": []},
        LOGGING: {},
        **more,
    }


def test_talking_to_an_agent_is_logged_by_a_selector_for_its_aliases_or_with_its_models() -> None:
    key = arn("bedrock", "agent/AG1")

    def selector(below: str) -> dict[str, Any]:
        kind = {"resources.type": {"Equals": ["AWS::Bedrock::AgentAlias"]}}
        return _advanced(**kind, **{"resources.ARN": {"StartsWith": [below]}})

    assert _logs(_agent(), key) == ("invoke", "")
    assert _logs(_agent({LOGGING: ON}), key) == ("", "")
    assert _logs(_agent(_trail(selector(arn("bedrock", "agent-alias/AG1/")))), key) == ("", "")
    assert _logs(_agent(_trail(selector(arn("bedrock", "agent-alias/AG2/")))), key) == ("invoke", "")


def test_a_guardrail_of_an_agent_guards_its_use() -> None:
    guarded = _agent(guardrailConfiguration={"guardrailIdentifier": "g1", "guardrailVersion": "1"})
    node = small.node(facts(guarded), arn("bedrock", "agent/AG1"))
    assert "g1" in (told(node, GUARDED, "invoke") or "")
    assert GUARDED not in dict(small.node(facts(_agent()), arn("bedrock", "agent/AG1")).properties)


def test_a_guardrail_that_the_account_enforces_guards_its_own_models() -> None:
    enforced = {"guardrailsConfig": [{"guardrailArn": arn("bedrock", "guardrail/g1"), "guardrailVersion": "1"}]}
    known = facts(_models({"bedrock-list-enforced-guardrails-configuration": enforced}))
    assert "guardrail/g1" in (told(small.node(known, OWN_MODEL), GUARDED, "invoke") or "")
    assert told(small.node(known, OWN_MODEL), GUARDED, "extract_model") is None


def test_calls_of_an_endpoint_are_logged_only_where_its_data_is_captured() -> None:
    key = arn("sagemaker", "endpoint/e")

    def logs(capture: dict[str, Any] | None) -> tuple[str, str]:
        answers: dict[Any, Any] = {
            DETAILS: details(),
            "sagemaker-list-endpoints": {"Endpoints": [{"EndpointName": "e", "EndpointArn": key}]},
        }
        if capture is not None:
            about = {"EndpointArn": key, "EndpointName": "e", "EndpointConfigName": "c", **capture}
            answers["sagemaker-describe-endpoint", "e"] = about
        return _logs(answers, key)

    calls = "extract_model, invoke"
    assert logs({"DataCaptureConfig": {"EnableCapture": True, "CaptureStatus": "Started"}}) == ("", "")
    assert logs({"DataCaptureConfig": {"EnableCapture": True, "CaptureStatus": "Stopped"}}) == (calls, "")
    assert logs({}) == (calls, "")
    assert logs(None) == ("", calls)


def test_what_the_account_records_by_itself_is_not_spoken_of() -> None:
    name = "prod/claims-db"
    secret = arn("secretsmanager", f"secret:{name}-AbCdEf")
    answers = {
        DETAILS: details(),
        "secretsmanager-list-secrets": {"SecretList": [{"ARN": secret, "Name": name}]},
        "cloudtrail-describe-trails": {"trailList": []},
    }
    assert not {UNLOGGED, LOG_UNKNOWN, UNLOGGED + BECAUSE} & set(dict(small.node(facts(answers), secret).properties))
