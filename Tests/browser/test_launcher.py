"""The launcher of the package, as desktops read it."""

import subprocess
import unittest
import xml.etree.ElementTree

import deployment

FOLDER = deployment.ROOT / "config" / "desktop"


class LauncherTest(unittest.TestCase):
    def test_it_is_valid_and_starts_a_command_that_there_is(self):
        file = FOLDER / "fedbroker.desktop"
        subprocess.run(["desktop-file-validate", "--warn-kde", file], check=True)
        settings = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
        program, *arguments = settings["Exec"].split()
        self.assertEqual(program, "fedbroker")
        subprocess.run([deployment.BINARY, *arguments, "--help"], check=True, capture_output=True)
        icon = FOLDER / f"{settings['Icon']}.svg"
        self.assertEqual(xml.etree.ElementTree.parse(icon).getroot().tag, "{http://www.w3.org/2000/svg}svg")


if __name__ == "__main__":
    unittest.main()
