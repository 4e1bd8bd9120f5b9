#!/bin/sh
# Makes the role that Grantpath reads this account with, or brings it up to date. Needs the AWS command line, signed in
# as somebody who may write IAM. Other names and the organization: see below.
#
#   HUB_PRINCIPAL=arn:aws:iam::111122223333:role/Grantpath EXTERNAL_ID=… sh create-role.sh
set -eu

# In the other accounts of an organization: the read role of the account that it is read from.
: "${HUB_PRINCIPAL:?is the ARN of the role or user that Grantpath runs as}"
: "${EXTERNAL_ID:?is the external id of the connection in Grantpath}"
printf %s "$HUB_PRINCIPAL" | grep -Eqx 'arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+' || {
    echo "HUB_PRINCIPAL is no ARN of a role or user, such as arn:aws:iam::111122223333:role/Grantpath" >&2
    exit 2
}
printf %s "$EXTERNAL_ID" | grep -Eqx '[A-Za-z0-9_+=,.@:/-]{2,1224}' || {
    echo "EXTERNAL_ID has 2 to 1224 letters, digits or characters of _+=,.@:/-" >&2
    exit 2
}
role="${ROLE_NAME:-GrantpathRead}"     # the same in every account of an organization
organization="${ORGANIZATION:-no}"     # yes: in the account that the organization is read from
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

me=$(aws sts get-caller-identity --query Arn --output text)
partition=$(printf %s "$me" | cut -d: -f2)
account=$(printf %s "$me" | cut -d: -f5)

# Named by a condition: a role that is not there yet cannot be a principal, and accounts are made ready in any order.
hub=$(printf %s "$HUB_PRINCIPAL" | cut -d: -f5)
trust=$(printf '{"Version":"2012-10-17","Statement":[{"Sid":"OnlyGrantpath","Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:%s:iam::%s:root"},"Condition":{"ArnEquals":{"aws:PrincipalArn":"%s"},"StringEquals":{"sts:ExternalId":"%s"}}}]}' "$partition" "$hub" "$HUB_PRINCIPAL" "$EXTERNAL_ID")
if aws iam get-role --role-name "$role" >/dev/null 2>&1; then
    aws iam update-assume-role-policy --role-name "$role" --policy-document "$trust"
else
    aws iam create-role --role-name "$role" --assume-role-policy-document "$trust" --description 'Grantpath reads how this account is set up.' >/dev/null
fi

for file in "$here"/policies/*.json; do
    name=$(basename "$file" .json)
    [ "$name" = organization ] && [ "$organization" != yes ] && continue
    policy="arn:$partition:iam::$account:policy/$role-$name"
    if aws iam get-policy --policy-arn "$policy" >/dev/null 2>&1; then
        # A policy has five versions at most: the one that was replaced last time makes room.
        for version in $(aws iam list-policy-versions --policy-arn "$policy" --query 'Versions[?!IsDefaultVersion].VersionId' --output text); do
            aws iam delete-policy-version --policy-arn "$policy" --version-id "$version"
        done
        aws iam create-policy-version --policy-arn "$policy" --policy-document "file://$file" --set-as-default >/dev/null
    else
        aws iam create-policy --policy-name "$role-$name" --policy-document "file://$file" >/dev/null
    fi
    aws iam attach-role-policy --role-name "$role" --policy-arn "$policy"
done

if [ "$organization" = yes ]; then
    accounts=$(printf '{"Version":"2012-10-17","Statement":[{"Sid":"AssumeTheReadRoles","Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:%s:iam::*:role/%s"}]}' "$partition" "$role")
    aws iam put-role-policy --role-name "$role" --policy-name accounts --policy-document "$accounts"
fi

echo "arn:$partition:iam::$account:role/$role"
