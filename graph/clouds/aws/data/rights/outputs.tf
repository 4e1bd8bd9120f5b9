output "role_arn" {
  description = "What to give Grantpath."
  value       = aws_iam_role.read.arn
}

output "policy_arns" {
  description = "The policies of the role."
  value       = [for policy in aws_iam_policy.read : policy.arn]
}
