"""The runs: Apache Kafka's own matrix for transactions ({hard, clean} × {brokers, clients} × {one partition, several})
and the nemeses beside it. Short ones fit into minutes on two cores; long ones are what releases are held against."""

import control
from drill import Plan
from schedule import Fault, Lane, draw

HARD_OR_CLEAN = {"hard": "kill", "clean": "stop"}
EVERY_CLIENT = ("client_kill", "client_stop", "client_leave", "client_pause", "client_hang")
SHORT_SEED = 20_001  # changes nothing but the schedule: any other must pass as well


def operators(seed: int, count: int, instances: int) -> tuple[Lane, ...]:
    """A person beside it all, where there are commands for one."""
    return (draw(seed, ("operator_trip",), count, instances),) if control.has("breaker") else ()


def crossing(seed: int, count: int, instances: int) -> tuple[Lane, ...]:
    """Two people who trip and reset one stream at the same time."""
    return operators(seed, count, instances) + operators(seed + 1, count, instances)


def rolling(kind: str, nodes: int) -> tuple[Fault, ...]:
    return tuple(Fault(0.5, kind, node, 0.0) for node in range(1, nodes + 1))


def short(seed: int, records: int = 12_000) -> list[Plan]:
    """A stream of one partition and one of three at once, so that three runs are all eight cells (what is clean hurts
    less: clients and brokers in one); then everything."""
    plans = [
        Plan("hard clients", seed, records, (1, 3), 2,
             (draw(seed, ("client_kill",), 6, 2), *operators(seed, 2, 2)), 12),
        Plan("hard brokers", seed, records, (1, 3), 2,
             (draw(seed, ("broker_kill",), 2, 3), *operators(seed, 2, 2)), 12),
        Plan("clean clients and brokers", seed + 1, records, (1, 3), 2,
             (draw(seed + 1, ("client_stop",), 6, 2), draw(seed + 1, ("broker_stop",), 2, 3),
              *operators(seed, 2, 2)), 12)]
    plans.append(Plan("instances come and go", seed, records, (1, 6), 3,
                      (draw(seed, EVERY_CLIENT, 3, 3), draw(seed, ("broker_pause",), 1, 3), *operators(seed, 2, 3)),
                      20))
    plans.append(Plan("the authority", seed, records, (1, 3), 3,
                      (draw(seed, ("authority_kill", "authority_pause"), 3, 3),
                       draw(seed, ("coordinator_kill", "leader_kill"), 1, 3), *crossing(seed, 2, 3)), 15))
    return plans


LONG_BATCH = 250  # records: hundreds of transactions in each run


def long(seed: int, records: int = 100_000, partitions: int = 12) -> list[Plan]:
    plans = []
    for name, how in HARD_OR_CLEAN.items():
        for of, shape in (("order of one partition", (1,)), (f"{partitions} partitions", (partitions,))):
            plans.append(Plan(f"{name} brokers, {of}", seed, records, shape, 3,
                              (draw(seed, (f"broker_{how}",), 6, 3), *operators(seed, 4, 3)), 60, LONG_BATCH))
            plans.append(Plan(f"{name} clients, {of}", seed, records, shape, 3,
                              (draw(seed, (f"client_{how}",), 9, 3), *operators(seed, 4, 3)), 45, LONG_BATCH))
    return plans + nemeses(seed, records, partitions)


def nemeses(seed: int, records: int, partitions: int) -> list[Plan]:
    shape = (1, partitions)

    def plan(name: str, *lanes, seconds: float = 60) -> Plan:
        return Plan(name, seed, records, shape, 3, (*lanes, *operators(seed, 4, 3)), seconds, LONG_BATCH)
    return [
        plan("rolling clean bounce of the brokers", rolling("broker_stop", 3) * 2),
        plan("rolling hard bounce of the brokers", rolling("broker_kill", 3) * 2),
        plan("paused instances", draw(seed, ("client_pause", "client_hang"), 6, 3)),
        plan("paused brokers", draw(seed, ("broker_pause", "broker_hang"), 5, 3)),
        plan("join and leave", draw(seed, ("client_leave",), 6, 3)),
        plan("two of three brokers killed", draw(seed, ("broker_quorum",), 3, 3)),
        plan("the authority killed and paused", draw(seed, ("authority_kill", "authority_pause"), 8, 3)),
        plan("the authority stopped for half a minute", draw(seed, ("authority_hang",), 2, 3), crossing(seed, 3, 3)[1]),
        plan("coordinators and leaders of control killed", draw(seed, ("coordinator_kill", "leader_kill"), 6, 3)),
        plan("state folders swapped", draw(seed, ("state_swap",), 6, 3), draw(seed, ("broker_pause",), 2, 3)),
        plan("everything", draw(seed, EVERY_CLIENT, 9, 3),
             draw(seed, ("broker_kill", "broker_stop", "broker_pause"), 5, 3), seconds=90),
    ]
