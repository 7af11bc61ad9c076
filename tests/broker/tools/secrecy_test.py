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
