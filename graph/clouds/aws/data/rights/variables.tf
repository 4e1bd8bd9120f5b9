variable "hub_principal" {
  description = "ARN of the role or user that Grantpath runs as; in the other accounts of an organization, the read role of the account that it is read from."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", var.hub_principal))
    error_message = "Give the ARN of a role or of a user, such as arn:aws:iam::111122223333:role/Grantpath."
  }
}

variable "external_id" {
  description = "The external id of the connection in Grantpath. Without it nobody can assume the role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]{2,1224}$", var.external_id))
    error_message = "An external id has 2 to 1224 letters, digits or characters of _+=,.@:/-."
  }
}

variable "role_name" {
  description = "Name of the role; the same in every account of an organization."
  type        = string
  default     = "GrantpathRead"
}

variable "organization" {
  description = "Whether this is the account that the organization is read from: its management account or a delegated administrator."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for the role and its policies."
  type        = map(string)
  default     = {}
}
