"""One configuration, read once: a bad value stops the start and names its line."""

from pathlib import Path

import pytest

from comity.config import CONFIG_BYTES_MAX, parse_config, read_config
from comity.errors import ConfigError

GOOD = """network = "model"
member = "LT"
secretariat = "GS"
broker = ["tls://broker.example:4222"]
"""


def parse(text: str) -> object:
    return parse_config(text.encode(), Path("/etc/comity/node.toml"))


def test_a_short_configuration_is_enough(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(GOOD)
    config = read_config(tmp_path / "node.toml")
    assert (config.code, config.is_secretariat, config.reserve_mb) == ("LT", False, 64)
    assert config.path("keys.json") == tmp_path / "keys.json"
    assert config.path("/elsewhere/keys.json") == Path("/elsewhere/keys.json")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('network = "Model Organisation"', ":1"),
        ('network = ""', ":1"),
        ('member = "lt"', ":2"),
        ('member = "LITHUANIA"', ":2"),
        ("member = 7", ":2"),
        ('secretariat = "G"', ":3"),
        ("broker = []", ":4"),
        ('broker = ["nats://broker.example:4222"]', ":4"),
        ('broker = "tls://broker.example:4222"', ":4"),
        ('host = "0.0.0.0"', ":5"),
        ('host = "192.0.2.1"\ntls_certificate = "web.pem"', ":5"),
        ("port = 65536", ":5"),
        ('port = "80"', ":5"),
        ('time_zone = "Europe/Atlantis"', ":5"),
        ('time_zone = "../../etc/passwd"', ":5"),
        ("shifts = []", ":5"),
        ('shifts = ["24:00"]', ":5"),
        ('shifts = ["14:00", "06:00"]', ":5"),
        ('shifts = ["06:00", "06:00"]', ":5"),
        ("refresh_s = 0", ":5"),
        ("refresh_s = 3601", ":5"),
        ("reserve_mb = -1", ":5"),
        ("reserve_mb = 1.5", ":5"),
        ("colour = 1", ":5"),
    ],
)
def test_a_bad_value_stops_the_start_and_names_its_line(line: str, where: str) -> None:
    key = line.split(" ", 1)[0]
    kept = [each for each in GOOD.splitlines() if not each.startswith(f"{key} ")]
    lines = GOOD.splitlines()
    if len(kept) < len(lines):
        lines = [line if each.startswith(f"{key} ") else each for each in lines]
    else:
        lines.append(line)
    with pytest.raises(ConfigError) as raised:
        parse("\n".join(lines))
    assert raised.value.where == f"/etc/comity/node.toml{where}"


@pytest.mark.parametrize("missing", ["network", "member", "secretariat", "broker"])
def test_what_is_missing_is_named(missing: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(missing)]
    with pytest.raises(ConfigError) as raised:
        parse("\n".join(lines))
    assert missing in f"{raised.value.where} {raised.value.message}"


@pytest.mark.parametrize("text", ["network", "[", 'network = "a"\nnetwork = "b"', "\x00"])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="TOML"):
        parse(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match="TOML"):
        parse_config(b"\xff\xfe", Path("node.toml"))


def test_a_file_that_is_missing_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "node.toml")
    (tmp_path / "node.toml").write_text("#" * (CONFIG_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="too long"):
        read_config(tmp_path / "node.toml")
