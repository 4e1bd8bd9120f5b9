"""Existing PassRole through functions and state machines."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.techniques.hosted import LAMBDA, entry, hosted, on, some
from graph.model import Strength

_FUNCTION, _MACHINE = "lambda:function", "states:statemachine"
_SOURCES = (
    *("sqs:ReceiveMessage", "kinesis:GetRecords", "dynamodb:GetRecords"),
    *("kafka:DescribeClusterV2", "mq:DescribeBroker", "rds:DescribeDBClusters"),
)

ENTRIES = (
    entry(
        "update-function-code",
        "Replace a function's code",
        # It runs when the function is next called, by whomever; being able to call it only saves the wait.
        # Where code must be signed by a known publisher, none of one's own is taken.
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
        hosted(_FUNCTION, LAMBDA, on(_FUNCTION, "lambda:UpdateFunctionCode"), where=(("signed_only", False),)),
        "{source} can replace the code of {via}, which runs as {target}",
        "Narrow lambda:UpdateFunctionCode to a deployment role, and require signed code.",
        "lambda/latest/api/API_UpdateFunctionCode.html",
        known_as=("lambda-003", "lambda-004", "lambda-005"),
        answers=("T147", "T168", "T171", "T173"),
        attack=("T1648", "T1525"),
        prerequisites="A function that runs as the role, and somebody or something that calls it sooner or later.",
    ),
    entry(
        "update-function-layer",
        "Put a layer or wrapper into a function",
        # A runtime obeys environment variables such as NODE_OPTIONS, so that not even a layer is needed.
        # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
        hosted(_FUNCTION, LAMBDA, on(_FUNCTION, "lambda:UpdateFunctionConfiguration")),
        "{source} can put a layer of its own into {via}, which runs as {target}",
        "Narrow lambda:UpdateFunctionConfiguration to a deployment role, with a condition on lambda:Layer.",
        "lambda/latest/api/API_UpdateFunctionConfiguration.html",
        answers=("T172", "T174"),
        attack=("T1648", "T1574"),
        prerequisites="A function that runs as the role. The layer may be the caller's or one shared with the account.",
    ),
    entry(
        "invoke-function",
        "Invoke a function",
        hosted(_FUNCTION, LAMBDA, on(_FUNCTION, "lambda:InvokeFunction")),
        "{source} can invoke {via}, which acts as {target}",
        "Narrow lambda:InvokeFunction to the functions the caller needs.",
        "lambda/latest/api/API_Invoke.html",
        answers=("T170",),
        attack=("T1648",),
        prerequisites="A function that runs as the role.",
        strength=Strength.USES,
        gives="what the function's own code does with the role, no more",
    ),
    entry(
        "feed-function",
        "Feed a function from a source of one's own",
        # The action takes no resource: which function is meant is a condition key (lambda:FunctionArn).
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
        # What feeds it is read with the function's own role: that must be able to, and not the caller.
        # https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
        replace(
            hosted(_FUNCTION, LAMBDA, some("", "lambda:CreateEventSourceMapping")),
            serves=_SOURCES,
            supposes="events of one's own get into what the role may read",
        ),
        "{source} can feed {via} with events of its own; it acts as {target}",
        "Condition lambda:CreateEventSourceMapping on lambda:FunctionArn.",
        "lambda/latest/api/API_CreateEventSourceMapping.html",
        answers=("T169",),
        attack=("T1648", "T1546"),
        prerequisites="A function that runs as the role, which lets it read from the queue or stream of the caller.",
        strength=Strength.USES,
        gives="what the function's own code does with events of one's choice, no more",
    ),
    entry(
        "update-state-machine",
        "Rewrite a state machine",
        # It runs when it is next started, by whomever; being able to start it only saves the wait.
        hosted(_MACHINE, "states.amazonaws.com", on(_MACHINE, "states:UpdateStateMachine")),
        "{source} can rewrite {via}, which acts as {target}",
        "Narrow states:UpdateStateMachine to a deployment role.",
        "step-functions/latest/apireference/API_UpdateStateMachine.html",
        answers=("T188", "T189"),
        attack=("T1648",),
        prerequisites="A state machine that acts as the role, and somebody or something that starts it.",
        gives="calls of one's choice under the role that is already there",
    ),
)
