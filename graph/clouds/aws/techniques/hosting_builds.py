"""Existing PassRole through builds, pipelines and stacks, and through the code and templates they take in."""

from __future__ import annotations

from graph.clouds.aws.techniques.hosted import CODEBUILD, entry, hosted, on, part, passed

_PROJECT, _PIPELINE, _STACK = "codebuild:project", "codepipeline:pipeline", "cloudformation:stack"
_CODEPIPELINE = "codepipeline.amazonaws.com"
# A build may bring a build specification that overrides the project's.
# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
_BUILD = "A project with the role as service role."

ENTRIES = (
    entry(
        "codebuild-start-build",
        "Build with commands of one's own",
        hosted(
            _PROJECT,
            CODEBUILD,
            on(_PROJECT, "codebuild:StartBuild"),
            # Who rewrites a project waits for the next build.
            on(_PROJECT, "codebuild:UpdateProject"),
        ),
        "{source} can make {via} build with its own commands, which run as {target}",
        "Start builds from the pipeline only, condition codebuild:StartBuild on codebuild:source.buildspec, and give "
        "the project's role no more than its builds need.",
        "codebuild/latest/APIReference/API_StartBuild.html",
        known_as=("codebuild-002",),
        answers=("T149", "T150"),
        attack=("T1648", "T1195.002"),
        prerequisites=_BUILD,
    ),
    entry(
        "codebuild-start-build-batch",
        "Start a batch of builds with commands of one's own",
        hosted(_PROJECT, CODEBUILD, on(_PROJECT, "codebuild:StartBuildBatch"), where=(("batch_builds", True),)),
        "{source} can start a batch of builds of {via} with its own commands, which run as {target}",
        "Start builds from the pipeline only, and give the project's role no more than its builds need.",
        "codebuild/latest/APIReference/API_StartBuildBatch.html",
        known_as=("codebuild-003",),
        answers=("T151",),
        attack=("T1648", "T1195.002"),
        prerequisites=f"{_BUILD} It is set up for batch builds.",
    ),
    entry(
        "push-to-build",
        "Push code that a build runs",
        hosted(_PROJECT, CODEBUILD, part("codecommit:repository", "codecommit:GitPush")),
        "{source} can push code into the repository that {via} builds, which runs as {target}",
        "Protect the branch that is built (condition codecommit:References), and let changes in by pull request only.",
        "codecommit/latest/userguide/how-to-conditional-branch.html",
        answers=("T152",),
        attack=("T1195.002",),
        prerequisites=f"{_BUILD} It, or a pipeline that starts it, takes its source from the repository.",
    ),
    entry(
        "source-of-build",
        "Replace the source that a build takes from a bucket",
        hosted(_PROJECT, CODEBUILD, part("s3:object", "s3:PutObject")),
        "{source} can replace the source that {via} builds, which runs as {target}",
        "Let only the pipeline write to the bucket, and keep its versions.",
        "codebuild/latest/userguide/sample-source-version.html",
        answers=("T175",),
        attack=("T1195.002",),
        prerequisites=f"{_BUILD} It, or a pipeline that starts it, takes its source from the object.",
        events=("PutObject (a data event)",),
    ),
    entry(
        "codepipeline-update",
        "Rewrite a pipeline",
        # A pipeline is written whole, its role with it, so that the role is passed again.
        # https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html
        hosted(
            _PIPELINE,
            _CODEPIPELINE,
            (
                *on(_PIPELINE, "codepipeline:UpdatePipeline", "codepipeline:StartPipelineExecution"),
                *passed(_CODEPIPELINE),
            ),
        ),
        "{source} can rewrite {via} so that its stages run commands as {target}",
        "Narrow codepipeline:UpdatePipeline to a deployment role.",
        "codepipeline/latest/userguide/action-reference-Commands.html",
        answers=("T154",),
        attack=("T1648", "T1195.002"),
        prerequisites="A pipeline with the role as service role.",
    ),
    entry(
        "cloudformation-update-stack",
        "Update a stack that has a service role",
        hosted(
            _STACK,
            "cloudformation.amazonaws.com",
            on(_STACK, "cloudformation:UpdateStack"),
            on(_STACK, "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
        ),
        "{source} can update {via} with a template of its own, carried out by {target}",
        "Keep stack updates with a deployment role, and protect stacks by a stack policy.",
        "AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
        known_as=("cloudformation-002", "cloudformation-005"),
        answers=("T071", "T148"),
        attack=("T1648", "T1548.005"),
        prerequisites="A stack that was made with the role as service role.",
        gives="whatever resources and rights the role may make",
    ),
)
