"""The signature of requests to storages, held against the worked examples of its specification."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from caredesk.infra.backup.s3_signing import Credentials, Request, signed_headers

# The account, requests and signatures of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
SHOWN = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
AT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"
EXAMPLES = {
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41": Request(
        "GET", HOST, "/test.txt", headers={"Range": "bytes=0-9"}
    ),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd": Request(
        "PUT", HOST, "/test$file.text", body=b"Welcome to Amazon S3.",
        headers={"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
    ),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543": Request("GET", HOST, "/", {"lifecycle": ""}),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7": Request(
        "GET", HOST, "/", {"prefix": "J", "max-keys": "2"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("signature", EXAMPLES)
def test_a_request_is_signed_as_the_specification_shows(signature: str) -> None:
    headers = signed_headers(EXAMPLES[signature], credentials=SHOWN, now=AT)
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_what_is_asked_for_is_what_was_signed() -> None:
    asked = Request("GET", HOST, "/备份/a b+c", {"uploadId": "x/y=", "partNumber": "1"})
    assert asked.target == "/%E5%A4%87%E4%BB%BD/a%20b%2Bc?partNumber=1&uploadId=x%2Fy%3D"
    assert SHOWN.secret not in repr(SHOWN)
