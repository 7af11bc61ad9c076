"""What a stream calls sensitive stays hidden in every command that shows a record of it, also when another stream
judges the record."""

import json

import streams
from cluster import wait_until
from control import Console
from program import DONE, FINDINGS, USAGE, fracas
from running import Setup
from streams import dead_letters, raw

VALUE = rb'{"id":"C-secret","email":"secret@a.example","custom":{"secretname":"x\u0007"},"phone":"0190"}'


def test_neither_commands_nor_another_stream_show_what_is_sensitive(cluster, unique, tmp_path, free_port):
    lenient = {"audit": {"max_failed_ratio": 1.0, "max_failed_records": 1_000_000}, "batch": {"interval": "20ms"}}
    made = {"people": streams.stream(unique, "people", sensitive=["/id", "/email", "/custom"],
                                     identity={"business_id": "/id"}, **lenient),
            "orders": streams.stream(unique, "orders", sensitive=["/phone"], **lenient)}
    setup = Setup(cluster, unique, tmp_path, free_port(), made, partitions=1,
                  roles=["pipeline", "control", "ledger", "api"])
    console = Console(setup)
    place = f"{dead_letters(unique, 'people')}/0/0"
    with setup.start() as daemon:
        console.wait_for("people", "GREEN")
        writer = cluster.writer()
        writer.send(raw(unique, "people"), VALUE, b"k", 0, 1_800_000_000_000, [])
        writer.flush()
        setup.wait_until_all_is_committed(raw(unique, "people"), daemon)
        listed = ("dlq", "ls", "--output", "json", "-c", setup.path)
        wait_until(lambda: fracas(*listed).json()["letters"] != [], 30, lambda: str(fracas(*listed)))
        assert "id" in fracas(*listed).json()["letters"][0], "the instance knows it"
        shown = [fracas("dlq", command, *where, "-c", setup.path, "--output", output)
                 for command, where in (("ls", ()), ("show", (place,)), ("show", ("--id", "C-secret")))
                 for output in ("table", "json")]
        shown += [fracas("inspect", place, "-c", setup.path, "--output", output) for output in ("table", "json")]
        for done in shown:
            assert done.code in (DONE, FINDINGS) and "secret" not in done.out + done.err and "•••" in done.out, done
        assert json.loads(shown[-1].out)["records"][0]["letter"]["id"] == "•••"

        to_orders = ("secure-clean", place, "--re-inject", raw(unique, "orders"), "--why", "t", "-c", setup.path)
        edits = ("--remove-chars", r"\x07", "--remove", "/email", "--remove", "/phone", "--change-ids")
        for output in ("table", "json"):
            done = fracas(*to_orders, *edits, "--dry-run", "--output", output)
            assert "secret" not in done.out + done.err and "0190" not in done.out and "•••" in done.out, done
        refused = fracas(*to_orders, "--edit")
        assert refused.code == USAGE and "--reveal" in refused.err, refused
        typed = fracas(*to_orders, "--set", '/email="x"')
        assert typed.code == USAGE and "ps" in typed.err, typed
        assert daemon.stop() == 0, daemon.tail()


SCHEMA = {"type": "object", "properties": {"email": {"type": "string"}, "name": {"type": "string"}}}
SHAPES = [json.dumps('{"email": "TOPSECRET"}').encode(), b'[{"email":"TOPSECRET"}]', b'"TOPSECRET"',
          '{"email":"TOPSECRET"}'.encode("utf-16"), '{"email":"TOPSECRET"}'.encode("utf-16-le"),
          b'{"name":1,"e\\u006dail":"TOPSECRET', b'{"name":{"email":"TOPSECRET"}}', b'{"email":"a" "TOPSECRET"}']


def is_silent(done) -> bool:
    """Neither the value nor its bytes in another encoding."""
    return not any(word in done.out + done.err for word in ("TOPSECRET", "OPSE", "T\\x00O", "T\\u0000O"))


def test_a_document_of_another_shape_shows_nothing(cluster, unique, tmp_path, free_port):
    contract = streams.schema_file(tmp_path, json.dumps(SCHEMA))
    lenient = {"audit": {"max_failed_ratio": 1.0, "max_failed_records": 1_000_000}, "batch": {"interval": "20ms"}}
    made = {"people": streams.stream(unique, "people", contract, sensitive=["/email"],
                                     dispositions={"TYPE_MISMATCH": "dead_letter"}, **lenient)}
    setup = Setup(cluster, unique, tmp_path, free_port(), made, partitions=1,
                  roles=["pipeline", "control", "ledger", "api"])
    console = Console(setup)
    with setup.start() as daemon:
        console.wait_for("people", "GREEN")
        writer = cluster.writer()
        for value in [*SHAPES, b'{"email":"TOPSECRET","name":"x"}']:
            writer.send(raw(unique, "people"), value, b"k", 0, 1_800_000_000_000, [])
        writer.flush()
        setup.wait_until_all_is_committed(raw(unique, "people"), daemon)
        letters = cluster.read(dead_letters(unique, "people"))
        assert len(letters) == len(SHAPES)
        for letter in letters:
            headers = [value for name, value in letter.headers if not name.startswith("fracas.") and value]
            assert not any(b"TOPSECRET" in value for value in headers), letter
        for offset in range(len(SHAPES)):
            place = f"{dead_letters(unique, 'people')}/0/{offset}"
            for output in ("table", "json"):
                for words in (("dlq", "show", place), ("inspect", place),
                              ("secure-clean", place, "--remove-chars", "control", "--dry-run")):
                    done = fracas(*words, "-c", setup.path, "--output", output)
                    assert is_silent(done), (SHAPES[offset], words, done)
        for value in SHAPES:
            file = tmp_path / "value.json"
            file.write_bytes(value)
            done = fracas("check", file, "-c", setup.path, "--stream", "people")
            assert done.code == FINDINGS and is_silent(done), done

        # What was published has no rules of its own, and the same secrets; a letter may be of any stream.
        copy = f"{streams.published(unique, 'people')}/0/0"
        other = f"{unique}.sink.dlq"
        cluster.create(other)
        writer.send(other, b'{"email":"TOPSECRET\x07"}', b"k", 0, 1_800_000_000_000, [])
        writer.flush()
        for place in (copy, f"{other}/0/0"):
            for words in (("inspect", place), ("secure-clean", place, "--set", "/name=\"y\"", "--dry-run"),
                          ("secure-clean", place, "--set", "/name=\"y\"", "--re-inject", raw(unique, "people"),
                           "--why", "t", "--dry-run")):
                done = fracas(*words, "-c", setup.path)
                assert is_silent(done) and (done.out or words[0] == "secure-clean"), (words, done)
        shown = fracas("inspect", f"{other}/0/0", "-c", setup.path, "--reveal", "--why", "t")
        assert "TOPSECRET" in shown.out, shown
        assert any("revealed sensitive values" in entry["why"] for entry in console.journal())
        moves = tmp_path / "move.json"
        moves.write_text('[{"op": "move", "from": "/email", "path": "/name"}]')
        moved = fracas("secure-clean", copy, "--patch", moves, "-c", setup.path, "--dry-run")
        assert is_silent(moved) and "•••" in moved.out, moved
        assert daemon.stop() == 0, daemon.tail()
