"""New PassRole to what builds, deploys and calls for others: stacks, builds, workflows, schedules, gateways, tokens."""

from __future__ import annotations

from graph.clouds.aws.techniques.pass_role import bare, carried, entry, new, passing, some
from graph.model import Strength

_CLOUDFORMATION, _CODEBUILD = "cloudformation.amazonaws.com", "codebuild.amazonaws.com"
_STACK, _PROJECT = "cloudformation:stack", "codebuild:project"
_CHANGE_SET = ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet")
_SERVICE_ROLE = "AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html"
_ROLE_ALIAS = "iot:rolealias"
_NEW_ANCHOR = new("rolesanywhere:trust-anchor", "rolesanywhere:CreateTrustAnchor")
_NEW_PROFILE = new("rolesanywhere:profile", "rolesanywhere:CreateProfile")

ENTRIES = (
    entry(
        "cloudformation",
        "Create a stack with a service role",
        passing(_CLOUDFORMATION, new(_STACK, "cloudformation:CreateStack"), new(_STACK, *_CHANGE_SET)),
        "create a stack whose resources are made by",
        _SERVICE_ROLE,
        answers=("AWS-T072", "AWS-T073"),
        known_as=("cloudformation-001",),
    ),
    entry(
        "cloudformation-update",
        "Update a stack with another service role",
        passing(_CLOUDFORMATION, some(_STACK, "cloudformation:UpdateStack"), some(_STACK, *_CHANGE_SET)),
        "update a stack with a template that is carried out by",
        _SERVICE_ROLE,
        answers=("AWS-T075",),
        prerequisites="a stack in the account",
    ),
    entry(
        "cloudformation-stack-set",
        "Deploy a stack set that assumes a role",
        # The role that is passed administers the set: it assumes a role of one's choice in each account, and the stack
        # is made as that one. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
        carried(
            _CLOUDFORMATION,
            (
                *bare("cloudformation:CreateStackSet"),
                *new("cloudformation:stackset", "cloudformation:CreateStackInstances"),
            ),
            some("cloudformation:stackset", "cloudformation:UpdateStackSet"),
        ),
        "deploy a stack set whose resources are made by",
        "AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html",
        answers=("AWS-T074", "AWS-T076"),
        known_as=("cloudformation-003", "cloudformation-004"),
        prerequisites="a role that trusts CloudFormation and may assume the role in question",
    ),
    entry(
        "codebuild",
        "Build with a service role",
        passing(
            _CODEBUILD,
            new(_PROJECT, "codebuild:CreateProject", "codebuild:StartBuild"),
            new(_PROJECT, "codebuild:CreateProject", "codebuild:StartBuildBatch"),
        ),
        "create a build project whose commands run as",
        "codebuild/latest/userguide/setting-up-service-role.html",
        answers=("AWS-T077", "AWS-T078"),
        known_as=("codebuild-001", "codebuild-004"),
    ),
    entry(
        "codebuild-update",
        "Give a build project another service role",
        passing(
            _CODEBUILD,
            some(_PROJECT, "codebuild:UpdateProject", "codebuild:StartBuild"),
            some(_PROJECT, "codebuild:UpdateProject", "codebuild:StartBuildBatch"),
        ),
        "rewrite a build project so that its commands run as",
        "codebuild/latest/userguide/setting-up-service-role.html",
        answers=("AWS-T079",),
        prerequisites="a build project in the account",
    ),
    entry(
        "states",
        "Run a state machine with a role",
        # A single state can be tried without any machine.
        # https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
        passing(
            "states.amazonaws.com",
            new("states:statemachine", "states:CreateStateMachine", "states:StartExecution"),
            bare("states:TestState"),
        ),
        "run a state machine that calls AWS as",
        "step-functions/latest/dg/procedure-create-iam-role.html",
        answers=("AWS-T135",),
        attack=("T1648",),
    ),
    entry(
        "scheduler",
        "Schedule calls with a role",
        passing("scheduler.amazonaws.com", new("scheduler:schedule", "scheduler:CreateSchedule")),
        "schedule calls of any AWS API as",
        "scheduler/latest/UserGuide/managing-targets-universal.html",
        answers=("AWS-T133",),
        attack=("T1648",),
    ),
    entry(
        "events",
        "Trigger targets with a role",
        # The targets are few and what is sent to them is fixed: starting a task, a machine, a build, a command.
        passing(
            "events.amazonaws.com",
            new("events:rule-on-default-event-bus", "events:PutRule", "events:PutTargets"),
        ),
        "make a rule whose targets are called as",
        "eventbridge/latest/userguide/eb-events-iam-roles.html",
        answers=("AWS-T105",),
        attack=("T1648",),
        strength=Strength.USES,
        gives="the starting of tasks, machines, builds and commands that the role may start; not its credentials",
    ),
    entry(
        "ssm-automation",
        "Run an automation of one's own with a role",
        passing(
            "ssm.amazonaws.com",
            (
                *new("ssm:document", "ssm:CreateDocument", "ssm:StartAutomationExecution"),
                *new("ssm:automation-execution", "ssm:StartAutomationExecution"),
            ),
        ),
        "run an automation that calls AWS as",
        "systems-manager/latest/userguide/automation-setup.html",
        answers=("AWS-T134",),
        attack=("T1651",),
    ),
    entry(
        "apigateway",
        "Call AWS through an API gateway with a role",
        # An integration calls any action of nearly any service, once the API is deployed.
        # https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
        passing(
            "apigateway.amazonaws.com",
            (*some("apigateway:restapi", "apigateway:PUT"), *new("apigateway:deployments", "apigateway:POST")),
            (*new("apigateway:restapis", "apigateway:POST"), *new("apigateway:deployments", "apigateway:POST")),
        ),
        "make an API whose calls of AWS are made by",
        "apigateway/latest/developerguide/getting-started-aws-proxy.html",
        answers=("AWS-T054",),
        events=("PutRestApi", "ImportRestApi", "CreateDeployment"),  # a permission is named as the method of the call
        attack=("T1648",),
        prerequisites="a REST API, or the right to make one",
    ),
    entry(
        "cognito-pool-roles",
        "Hand out a role through an identity pool",
        # Whoever has a login of the pool takes the role, and in most pools anybody as a guest.
        # https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
        passing(
            "cognito-identity.amazonaws.com",
            some("cognito-identity:identitypool", "cognito-identity:SetIdentityPoolRoles"),
        ),
        "have an identity pool hand out sessions as",
        "cognito/latest/developerguide/iam-roles.html",
        answers=("AWS-T081",),
        attack=("T1098",),
        prerequisites="an identity pool that the role's trust names, with guests or with a login of one's own",
        gives="sessions as the role for the logins or guests of the pool",
    ),
    entry(
        "roles-anywhere",
        "Trust a certificate authority of one's own with a role",
        passing(
            "rolesanywhere.amazonaws.com",
            (*_NEW_ANCHOR, *_NEW_PROFILE),
            # A role that the profile did not name so far is passed to it by the same call that adds it.
            (
                *_NEW_ANCHOR,
                *some("rolesanywhere:profile", "rolesanywhere:UpdateProfile"),
            ),
            (
                *some("rolesanywhere:trust-anchor", "rolesanywhere:UpdateTrustAnchor"),
                *_NEW_PROFILE,
            ),
        ),
        "take sessions, with certificates of its own, as",
        "rolesanywhere/latest/userguide/getting-started.html",
        answers=("AWS-T123",),
        attack=("T1098.001",),
        gives="sessions as the role from anywhere, for as long as the trust anchor stands",
    ),
    entry(
        "iot-role-alias",
        "Give a device certificate a role",
        passing(
            "credentials.iot.amazonaws.com",
            (
                *new(_ROLE_ALIAS, "iot:CreateRoleAlias"),
                *bare("iot:CreateKeysAndCertificate"),
                *new("iot:policy", "iot:CreatePolicy"),
                *new("iot:cert", "iot:AttachPolicy"),
            ),
        ),
        "take sessions, with a device certificate of its own, as",
        "iot/latest/developerguide/authorizing-direct-aws.html",
        answers=("AWS-T115",),
        attack=("T1098.001",),
        gives="sessions as the role for whoever holds the certificate",
    ),
)
