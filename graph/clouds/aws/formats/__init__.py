"""Offline AWS files, in any of the forms people have them, into one snapshot.

What a snapshot says of a question (scope, region, call, arguments), and how it says it:

- **asked**: a `Part` holds the answer and no gap covers it. "There is none" (an error code that means so, or `{}` where
  that is an answer) is a part with an empty response, `{}`.
- **asked with gaps**: a `Gap` covers it. A part may be there beside the gap (a list that was cut, a broken entry left
  out): what it holds is true, but it is not all.
- **never asked**: no file of that operation in the whole snapshot. For each call that the tables expect there is one
  gap with error `never-asked` (`NEVER_ASKED`), scope `*`, region `*`, no arguments. Such a gap is shown and counted;
  decisions go by what is there, marked as assumed. An optional call (° in the tables) has no gap when it is missing.

A gap covers a question when every member fits: `scope` and `region` equal or `*`; `call` equal or a pattern such as
`kms-*` or `*`; `arguments` a prefix of the question's, so () covers all. An organization's id as scope covers the
organization's calls in any account. Where a list is a gap, so are the calls that take their arguments from it.
`Answers` (answers_index.py) answers all of that.

Regions: a call of the tables without region is always under `global`. Arguments are decoded (`arn:aws:…`, not percent
signs). Calls that take a list of names (≡) are one part, batches merged. Responses come cleaned: no `ResponseMetadata`,
no page tokens, no nulls, no secret values. Policy documents are decoded objects wherever they could be decoded; what
is still a string, or an object without statements, could not be: ask `documents.decode(value)`, which says why.
"""

from __future__ import annotations

from graph.cloud import Importer
from graph.clouds.aws.formats import importing, single
from graph.clouds.aws.formats.answers_index import NEVER_ASKED, Answers, State

IMPORTERS: tuple[Importer, ...] = (
    Importer(
        key="aws-snapshot",
        label="an AWS snapshot: a folder, .zip or .tar.gz with aws/<account>/<region>/<service>-<operation>.json",
        recognise=importing.recognise,
        load=importing.load,
    ),
    Importer(
        key="aws-answer",
        label="one AWS answer in JSON, such as that of `aws iam get-account-authorization-details`",
        recognise=single.recognise,
        load=single.load,
        how="aws iam get-account-authorization-details --output json > account.json",
    ),
)

__all__ = ["IMPORTERS", "NEVER_ASKED", "Answers", "State"]
