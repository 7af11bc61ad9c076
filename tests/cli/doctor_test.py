"""`fracas doctor` where no broker answers: what is looked at nevertheless, how long it takes, what it says."""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading

import jsonschema
import pytest
import streams
from program import DONE, FAILED, ROOT, USAGE, fracas, write_config

SECONDS_MAX = 15


def config(folder, brokers: str = "127.0.0.1:1", **kafka):
    content = streams.config("shop", {"orders": streams.stream("shop", "orders")}, brokers,
                             state={"dir": str(folder / "state")})
    content["http"] = {"listen": "127.0.0.1:1"}
    content["kafka"].update(kafka)
    return write_config(folder, content)


def diagnosed(path, *more) -> tuple:
    done = fracas("doctor", "-c", path, "--output", "json", *more)
    assert done.seconds < SECONDS_MAX, done
    answer = done.json()
    schema = json.loads((ROOT / "schemas" / "outputs" / "diagnosis.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer)
    return done, {area["area"]: area for area in answer["areas"]}


def whats(area: dict) -> list[str]:
    return [finding["what"] for finding in area["findings"]]


def test_help_says_what_it_touches():
    done = fracas("doctor", "--help")
    assert done.code == DONE and "It changes nothing" in done.out and "  fracas doctor -c fracas.yaml" in done.out
    assert "doctor" in fracas("--help").out


def test_brokers_away_is_said_in_time_and_the_rest_is_looked_at(tmp_path):
    done, areas = diagnosed(config(tmp_path))
    assert done.code == FAILED, done
    assert "no broker of 127.0.0.1:1 answers" in whats(areas["brokers"])[0]
    assert not areas["lag"]["looked"] and areas["disk"]["looked"]
    assert "no copy" in areas["state"]["about"]
    told = fracas("doctor", "-c", config(tmp_path))
    assert told.code == FAILED and "incomplete" in told.out and "kafka-broker-api-versions.sh" in told.out


def test_a_broker_that_accepts_and_is_silent_is_left_in_time(tmp_path):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        done, areas = diagnosed(config(tmp_path, f"127.0.0.1:{silent.getsockname()[1]}"))
    assert done.code == FAILED and not areas["brokers"]["looked"]


@pytest.mark.parametrize("arguments, said", [
    (["-c", "nowhere.yaml"], "nowhere.yaml"), ([], "--config"), (["--work", "nobody"], "nobody"),
    (["--stream", "unknown"], "unknown")])
def test_wrong_usage(arguments, said, tmp_path):
    if "-c" not in arguments and arguments:
        arguments = [*arguments, "-c", config(tmp_path)]
    done = fracas("doctor", *arguments)
    assert done.code == USAGE and said in done.err, done


def certificate(folder, name: str, days: int):
    """Key and certificate in one PEM file that ends in so many days."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", "-days", str(days),
                    "-subj", f"/CN={name}.example"], check=True, capture_output=True)
    return folder / f"{name}.pem", folder / f"{name}.key"


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates with")


@needs_openssl
def test_dates_of_certificate_files(tmp_path):
    authority, _ = certificate(tmp_path, "authority", 3650)
    own, _ = certificate(tmp_path, "own", 10)
    settings = {"security.protocol": "ssl", "ssl.ca.location": str(authority), "ssl.certificate.location": str(own)}
    _, areas = diagnosed(config(tmp_path, **settings))
    found = whats(areas["certificates"])
    assert len(found) == 1 and "own.example ends in 9 days" in found[0], found
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nxx\n")
    settings["ssl.ca.location"] = str(tmp_path / "broken.pem")
    done, areas = diagnosed(config(tmp_path, **settings))
    assert done.code == FAILED and "ssl.ca.location" in whats(areas["brokers"])[0], areas
    assert any("broken.pem" in what for what in whats(areas["certificates"])), areas


@needs_openssl
def test_the_certificate_that_a_broker_presents(tmp_path):
    """Its handshake is enough: what comes behind it need not be Kafka."""
    pem, key = certificate(tmp_path, "broker", 5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as shaken:
                        shaken.recv(1)
        threading.Thread(target=serve, daemon=True).start()
        port = listener.getsockname()[1]
        _, areas = diagnosed(config(tmp_path, f"127.0.0.1:{port}", **{
            "security.protocol": "ssl", "ssl.ca.location": str(pem),
            "ssl.endpoint.identification.algorithm": "none"}))
    found = whats(areas["certificates"])
    assert any(f"127.0.0.1:{port}" in what and "broker.example ends in 4 days" in what for what in found), areas
