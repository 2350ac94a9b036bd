"""The one error a user of the kit meets: what is wrong, in which file, at which field."""

from __future__ import annotations

from pathlib import Path


class KitError(Exception):
    """A fault in what the user gave us; printed as one sentence, exit code 2."""

    def __init__(self, file: Path | str, field: str, reason: str) -> None:
        self.file, self.field, self.reason = str(file), field, reason
        super().__init__(f"{file}: {field}: {reason}" if field else f"{file}: {reason}")
