"""The evidence of a site in a standard form: an in-toto statement with the test-result predicate.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md say what it holds.
Its subjects are the pages, by their paths in the site, and the blocks of each, as ``PAGE#block-1``.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from livesnippets.evidence.environment import Environment

FILE = "evidence.intoto.json"
"""The name of the statement in a site."""
FOLDER = "_evidence"
"""The folder beside it with the evidence files as the tests left them."""
STATEMENT: Final = "https://in-toto.io/Statement/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
SOURCE = "source"
"""The name of the configuration that says which commit the site was built from."""


class Descriptor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something with a digest."""

    name: str
    digest: dict[str, str]
    annotations: dict[str, Any] = {}


class TestResult(msgspec.Struct, frozen=True, rename="camel"):
    """The predicate: what the tests found."""

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: list[Descriptor]
    """The commit, and the files of evidence."""
    passed_tests: list[str] = []
    failed_tests: list[str] = []


class Statement(msgspec.Struct, frozen=True, rename="camel"):
    """What holds of its subjects."""

    type: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(name="_type")
    subject: list[Descriptor]
    predicate_type: Literal["https://in-toto.io/attestation/test-result/v0.1"]
    predicate: TestResult

    @classmethod
    def of(cls, subject: list[Descriptor], predicate: TestResult) -> Statement:
        """Return the statement that this is what the tests found of the subjects."""
        return cls(STATEMENT, subject, TEST_RESULT, predicate)

    @classmethod
    def read(cls, content: bytes) -> Statement:
        """Return the statement in a file; raises `ValueError` if it is none."""
        return msgspec.json.decode(content, type=cls)

    @property
    def written(self) -> bytes:
        """What `read` reads."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @property
    def pages(self) -> dict[str, Descriptor]:
        """The pages, by their paths."""
        return {each.name: each for each in self.subject if "#" not in each.name}

    @property
    def blocks(self) -> dict[str, str]:
        """The digests of the texts of all blocks, by their names."""
        return {
            each.name: each.digest.get("sha256", "") for each in self.subject if "#" in each.name
        }

    @property
    def files(self) -> dict[str, Descriptor]:
        """The files of evidence, by their paths."""
        return {each.name: each for each in self.predicate.configuration if each.name != SOURCE}

    @property
    def commit(self) -> str:
        """The commit that the site was built from, ``+`` at its end: with changes; or empty."""
        for each in self.predicate.configuration:
            if each.name == SOURCE:
                changed = each.annotations.get("uncommittedChanges")
                return f"{each.digest.get('gitCommit', '')}{'+' if changed else ''}"
        return ""

    @property
    def environment(self) -> Environment:
        """Where the tests ran; raises `ValueError` if it does not say."""
        return msgspec.convert(self._told("environment"), Environment)

    @property
    def source_url(self) -> str:
        """Where the pages say that their sources can be read; raises `ValueError` likewise."""
        return msgspec.convert(self._told("sourceUrl"), str)

    def _told(self, name: str) -> object:
        annotations = (each.annotations for each in self.files.values())
        return next((each[name] for each in annotations if name in each), None)
