"""
The container files hold together, as far as that shows without a container engine.

Every referenced file, command, service, volume, network and variable exists; the shape is what the
Compose specification asks for (https://github.com/compose-spec/compose-spec, the parts used here).
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.deployment.test_configuration import documented, settings_tables

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
STRINGS = {"type": "array", "items": {"type": "string"}}
DURATION = {"type": "string", "pattern": r"^(\d+(ms|s|m|h))+$"}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "restart"],
    "properties": {
        "build": {"type": "string"},
        "image": {"type": "string", "pattern": r"^[a-z0-9/._-]+(:[\w.-]+)?$"},
        "command": STRINGS,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "init": {"type": "boolean"},
        "deploy": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"replicas": {"type": "integer", "minimum": 1}},
        },
        "environment": {
            "type": "object",
            "patternProperties": {"^[A-Z_]+$": {"type": "string"}},
            "additionalProperties": False,
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "required": ["test"],
            "properties": {
                "test": {**STRINGS, "minItems": 2},
                "interval": DURATION,
                "timeout": DURATION,
                "start_period": DURATION,
                "retries": {"type": "integer"},
            },
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "properties": {
                    "condition": {
                        "enum": [
                            "service_started",
                            "service_healthy",
                            "service_completed_successfully",
                        ]
                    }
                },
            },
        },
        "networks": STRINGS,
        "volumes": STRINGS,
        "ports": STRINGS,
        "shm_size": {"type": "string"},
        "stop_grace_period": DURATION,
        "logging": {"type": "object", "required": ["driver"]},
    },
}
FILE = {
    "type": "object",
    "required": ["services"],
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "networks": {"type": "object"},
        "volumes": {"type": "object"},
    },
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
}


def run(*command: str) -> str:
    """Run a command that must succeed; what it printed."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert answer.returncode == 0, answer.stderr
    return answer.stdout + answer.stderr


def test_file_has_the_shape_of_the_specification() -> None:
    errors = [
        f"{list(e.absolute_path)}: {e.message}"
        for e in Draft202012Validator(FILE).iter_errors(COMPOSE)
    ]
    assert errors == []


def test_it_is_the_production_shape() -> None:
    assert set(SERVICES) == {"nginx", "web", "worker", "beat", "migrate", "postgis", "redis"}
    assert SERVICES["web"]["deploy"]["replicas"] == 2
    assert SERVICES["beat"].get("deploy", {"replicas": 1})["replicas"] == 1
    assert {name for name, s in SERVICES.items() if s["restart"] != "always"} == {"migrate"}
    assert {name for name, s in SERVICES.items() if "healthcheck" not in s} == {"migrate"}
    assert (
        "yes" in SERVICES["redis"]["command"][SERVICES["redis"]["command"].index("--appendonly") :]
    )


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_refers_to_what_exists(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).is_file()
        elif not source.startswith("${"):
            assert source in COMPOSE["volumes"]


def test_waited_for_services_can_become_healthy() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_only_the_proxy_is_reachable_and_the_database_has_no_way_out() -> None:
    assert {name for name, s in SERVICES.items() if "ports" in s} == {"nginx"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["postgis"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


def test_the_database_writes_no_refused_row_into_its_log() -> None:
    command = " ".join(SERVICES["postgis"]["command"])
    private = (ROOT / "script" / "lib" / "services.sh").read_text()

    for name, value in (("log_error_verbosity", "terse"), ("log_min_error_statement", "panic")):
        assert f"-c {name}={value}" in command
        assert f"\n{name} = {value}\n" in private


@pytest.mark.parametrize("name", OURS)
def test_command_exists(name: str) -> None:
    command = SERVICES[name]["command"]
    scripts = re.findall(r"script/\w+", " ".join(command))
    assert scripts
    for script in scripts:
        assert os.access(ROOT / script, os.X_OK)
    if command[0] == "script/process":
        processes = re.findall(r"^(\w+):", (ROOT / "Procfile").read_text(), re.MULTILINE)
        assert command[1] in processes


@pytest.mark.parametrize("name", OURS)
def test_variables_are_documented(name: str) -> None:
    known = set(settings_tables()) | set(
        documented()["Read by the scripts and the processes, not by the settings"]
    )
    assert set(SERVICES[name]["environment"]) <= known


def test_interpolated_variables_are_documented_and_secrets_have_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = dict(re.findall(r"(?<!\$)\$\{([A-Z_]+)(:[-?])", text))
    known = {name: variable for rows in documented().values() for name, variable in rows.items()}
    assert set(used) <= set(known)
    demanded = {name for name in used if known[name].kind in {"secret", "required"}}
    assert {name for name in demanded if used[name] != ":?"} == set()


def test_production_secrets_and_addresses_are_passed() -> None:
    needed = {name for name, v in settings_tables().items() if v.kind in {"secret", "required"}}
    assert needed <= set(SERVICES["web"]["environment"])
    assert "DEBUG" not in SERVICES["web"]["environment"]
    # Only the one-shot migration may change the schema.
    assert [name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]] == [
        "migrate"
    ]


def test_dockerfile_uses_the_scripts_and_files_that_exist() -> None:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert steps[0] == ["FROM", "debian:12-slim"]
    for verb, rest in steps:
        if verb == "COPY":
            assert (ROOT / rest.split()[0]).exists()
        for script in re.findall(r"script/\w+", rest if verb in {"RUN", "CMD"} else ""):
            assert os.access(ROOT / script, os.X_OK)
    assert ["USER", "windsock"] in steps


def test_backups_have_a_volume_that_their_account_may_write_to() -> None:
    """The service with the owner's address sees the media files and has a place for backups."""
    (owner,) = (name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"])
    mounted = dict(volume.split(":")[:2] for volume in SERVICES[owner]["volumes"])
    assert mounted["media"] == SERVICES["web"]["environment"]["MEDIA_ROOT"]
    assert "backups" in COMPOSE["volumes"]
    runbook = " ".join((ROOT / "docs" / "RUNBOOK.md").read_text().split())
    assert f"docker compose run --rm {owner} script/manage backup {mounted['backups']}/" in runbook
    before, user, _ = (ROOT / "Dockerfile").read_text().partition("\nUSER ")
    assert user
    assert f"install -d -o windsock -g windsock -m 0700 {mounted['backups']}\n" in before


@pytest.mark.parametrize("name", [".dockerignore", ".gitignore"])
def test_secrets_beside_the_compose_file_stay_out_of_image_and_repository(name: str) -> None:
    ignored = {
        line.removeprefix("**").lstrip("/") for line in (ROOT / name).read_text().splitlines()
    }
    assert {".env", ".env.*", "*.pem", "*.key"} <= ignored


def test_first_start_of_the_database_makes_the_roles_the_addresses_name() -> None:
    script = (ROOT / "deploy" / "database-roles.sh").read_text()
    for address in (
        SERVICES["web"]["environment"]["DATABASE_URL"],
        SERVICES["migrate"]["environment"]["DATABASE_OWNER_URL"],
    ):
        role = address.removeprefix("postgis://").split(":")[0]
        assert f"CREATE ROLE {role} LOGIN PASSWORD" in script
    assert run("bash", "-n", str(ROOT / "deploy" / "database-roles.sh")) == ""


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed here")
def test_proxy_configuration_is_valid(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    run(
        *(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=windsock.example",
        ),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    text = (ROOT / "deploy" / "nginx.conf").read_text().replace("/etc/nginx/tls", str(tmp_path))
    text = re.sub(r"pid \S+;", f"pid {tmp_path}/nginx.pid;", text)
    (tmp_path / "nginx.conf").write_text(text)
    assert "test is successful" in run("nginx", "-t", "-c", str(tmp_path / "nginx.conf"))


def test_proxy_accepts_the_largest_flight_log() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    largest = max(int(size) for size in re.findall(r"client_max_body_size (\d+)m;", text))
    limit = settings_tables()["LOG_IMPORT_MAX_BYTES"].default
    assert limit is not None
    assert largest * 1024 * 1024 >= int(limit.strip("`"))
    assert "proxy_buffering off;" in text


def test_proxy_accepts_the_largest_file_that_may_be_handed_in_and_logs_no_download() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    place = text.partition("location = /api/documents/documents/upload/ {")[2].partition("}")[0]
    found = re.search(r"client_max_body_size (\d+)m;", place)
    limit = settings_tables()["DOCUMENT_UPLOAD_MAX_BYTES"].default
    assert found is not None
    assert limit is not None
    assert int(found[1]) * 1024 * 1024 > int(limit.strip("`"))
    assert '"~^(?<downloads>/api/documents/downloads/)" "$downloads...";' in text
