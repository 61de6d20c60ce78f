"""Images, compose file, Space and units, as far as a linter and a parser can tell."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.leaderboard.service import metrics
from banzuke.leaderboard.service.settings import ServiceSettings

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
DOCKERFILES = [DEPLOY / "Dockerfile", DEPLOY / "huggingface" / "Dockerfile"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
runner = CliRunner()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_finds_nothing(path):
    beside = Path(sys.executable).parent / "hadolint"
    program = str(beside) if beside.exists() else shutil.which("hadolint")
    if program is None:
        pytest.skip("needs hadolint")
    command = [program, "--no-color", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_images_do_not_run_as_root(path):
    users = [line.split()[1] for line in path.read_text().splitlines() if line.startswith("USER")]
    assert users
    assert int(users[-1]) > 0


def compose():
    return yaml.safe_load(COMPOSE.read_text())


def test_the_compose_file_has_its_services_and_names_no_missing_one():
    services = compose()["services"]
    assert {"web", "worker", "postgres", "vllm"} <= set(services)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert "image" in service
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose()["volumes"]
        # no port of a database or an engine is open to the network
    assert [name for name, service in services.items() if "ports" in service] == ["web"]


def test_no_secret_is_written_into_the_compose_file():
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("PASSWORD", "SECRET", "TOKEN")):
                assert value.startswith("${"), name


def test_every_setting_that_is_deployed_exists():
    known = {f"BANZUKE_{name.upper()}" for name in ServiceSettings.model_fields}
    # BANZUKE_CONFIG names the file, BANZUKE_PORT is of the compose file itself
    known |= {"BANZUKE_CONFIG", "BANZUKE_PORT"}
    texts = [path.read_text() for path in (*DOCKERFILES, *UNITS, DEPLOY / "example.env")]
    words = " ".join(texts).replace("=", " ").replace("`", " ").split()
    named = {word for word in words if word.startswith("BANZUKE_")}
    named |= set(compose()["services"]["web"]["environment"])
    assert {name.strip(",.") for name in named} <= known


def commands():
    found = [service.get("command") for service in compose()["services"].values()]
    found += [
        yaml.safe_load(line.removeprefix("CMD "))
        for path in DOCKERFILES
        for line in path.read_text().splitlines()
        if line.startswith("CMD [")
    ]
    for path in UNITS:
        unit = unit_of(path)["Service"]
        for key in ("ExecStart", "ExecStartPre"):
            if key in unit:
                words = unit[key].replace("%H-%i", "host-1").split()
                found.append(["banzuke", *words[1:]])
    return [command for command in found if command and command[0] == "banzuke"]


def test_every_command_that_is_deployed_exists():
    assert len(commands()) >= 6
    for command in commands():
        options = [word for word in command if word.startswith("--")]
        names = [word for word in command[1:3] if word.isalpha()]
        group = names[:2] if names[0] == "database" else names[:1]
        done = runner.invoke(app, [*group, "--help"], env={"COLUMNS": "200"})
        assert done.exit_code == 0, command
        for option in options:
            assert option in done.output, command


def unit_of(path):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_unprivileged_and_end_in_order(path):
    service = unit_of(path)["Service"]
    assert service["User"] == "banzuke"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    if "worker" in path.name:
        assert int(service["TimeoutStopSec"]) >= 40


def test_the_guide_lists_every_setting_and_every_metric():
    guide = (DEPLOY.parent / "docs" / "operating.md").read_text()
    for name in ServiceSettings.model_fields:
        assert f"| `{name}` |" in guide, name
    source = Path(metrics.__file__).read_text()
    for name in set(re.findall(r'"(banzuke_[a-z_]+)"', source)):
        assert f"`{name}" in guide, name
