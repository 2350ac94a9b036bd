import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from kerbtrain import program


class TheCheckAtTheEnd(unittest.TestCase):
    """Whoever trained for an hour must not be told that a library is missing which lies in the kit's own environment."""

    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.package = Path(made.name)
        (self.package / "capi").mkdir()
        self.library = self.package / "capi/libonnxruntime.so.1.31.1"
        self.library.touch()

    def test_takes_the_library_of_the_wheel(self) -> None:
        with mock.patch.dict(os.environ):
            os.environ.pop(program.ORT, None)
            self.assertEqual(program.environment(self.package)[program.ORT], str(self.library))

    def test_but_not_in_place_of_one_that_is_named(self) -> None:
        with mock.patch.dict(os.environ, {program.ORT: "/opt/ort.so"}):
            self.assertEqual(program.environment(self.package)[program.ORT], "/opt/ort.so")

    def test_and_names_none_where_there_is_none(self) -> None:
        with mock.patch.dict(os.environ):
            os.environ.pop(program.ORT, None)
            self.assertNotIn(program.ORT, program.environment(None))

    def test_a_program_that_is_named_goes_first(self) -> None:
        self.assertEqual(program.kerbwatch(self.library), self.library)


if __name__ == "__main__":
    unittest.main()
