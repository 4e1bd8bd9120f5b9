# The role that Grantpath reads one account with: how things are set up, never what is in them.

locals {
  policies = merge(
    { for file in fileset(path.module, "policies/account-*.json") : trimsuffix(basename(file), ".json") => file },
    var.organization ? { organization = "policies/organization.json" } : {},
  )
}

data "aws_partition" "current" {}

# Named by a condition: a role that is not there yet cannot be a principal, and accounts are made ready in any order.
data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "OnlyGrantpath"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${split(":", var.hub_principal)[4]}:root"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [var.hub_principal]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }
}

data "aws_iam_policy_document" "accounts" {
  statement {
    sid       = "AssumeTheReadRoles"
    actions   = ["sts:AssumeRole"]
    resources = ["arn:${data.aws_partition.current.partition}:iam::*:role/${var.role_name}"]
  }
}

resource "aws_iam_role" "read" {
  name               = var.role_name
  description        = "Grantpath reads how this account is set up."
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

resource "aws_iam_policy" "read" {
  for_each = local.policies

  name        = "${var.role_name}-${each.key}"
  description = "What Grantpath may ask for, and nothing else."
  policy      = file("${path.module}/${each.value}")
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each = local.policies

  role       = aws_iam_role.read.name
  policy_arn = aws_iam_policy.read[each.key].arn
}

resource "aws_iam_role_policy" "accounts" {
  count = var.organization ? 1 : 0

  name   = "accounts"
  role   = aws_iam_role.read.id
  policy = data.aws_iam_policy_document.accounts.json
}
