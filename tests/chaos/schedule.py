"""Faults drawn from a seed: the same seed, the same faults in the same order. Lanes run beside each other; in a lane
one fault is healed before the next begins."""

import random
from dataclasses import dataclass

SESSION_SECONDS = 6       # of the group's members, as drills configure it
TRANSACTION_SECONDS = 10  # transaction.timeout.ms


@dataclass(frozen=True)
class Fault:
    gap: float      # seconds of peace before it
    kind: str       # client_kill, broker_pause, …
    target: int     # instance or node, from 1; not of what is sought out when it is hit
    seconds: float  # until it is healed

    def __str__(self) -> str:
        return f"+{self.gap:.1f}s {self.kind} {self.target} for {self.seconds:.1f}s"


Lane = tuple[Fault, ...]

# Kind → how long it lasts, least and most.
SECONDS = {
    "client_kill": (0.0, 2.0),
    "client_stop": (0.0, 2.0),
    "client_leave": (SESSION_SECONDS + 1.0, SESSION_SECONDS + 3.0),        # killed; the others take its partitions
    "client_pause": (0.5, SESSION_SECONDS - 2.0),                          # nobody notices
    "client_hang": (SESSION_SECONDS + TRANSACTION_SECONDS + 1.0,           # a zombie: out of its group, its
                    SESSION_SECONDS + TRANSACTION_SECONDS + 4.0),          # transaction ended by the broker
    "broker_kill": (0.0, 2.0),
    "broker_stop": (0.0, 2.0),
    "broker_pause": (1.0, 5.0),
    "broker_hang": (10.0, 14.0),                                           # the others take its partitions
    "operator_trip": (1.0, 6.0),                                           # a person; then the reset
    "broker_quorum": (2.0, 4.0),                                           # two of three killed: nothing goes
    "authority_kill": (0.0, 2.0),                                          # with commands in flight
    "authority_pause": (3.0, 8.0),                                         # another one takes over meanwhile
    "authority_hang": (30.0, 30.0),                                        # … and has long been at work
    "coordinator_kill": (0.0, 2.0),                                        # of the authority's group
    "leader_kill": (0.0, 2.0),                                             # of the control topic
    "state_swap": (0.0, 1.0),                                              # two instances get each other's folder
}


def draw(seed: int, kinds: tuple[str, ...], count: int, targets: int) -> Lane:
    """`count` faults; every target is hit before one is hit again, kinds by chance."""
    chance = random.Random(f"{seed} {kinds} {count} {targets}")
    faults = []
    waiting: list[int] = []
    for _ in range(count):
        if not waiting:
            waiting = chance.sample(range(1, targets + 1), targets)
        kind = chance.choice(kinds)
        low, high = SECONDS[kind]
        faults.append(Fault(round(chance.uniform(0.3, 2.0), 2), kind, waiting.pop(),
                            round(chance.uniform(low, high), 2)))
    return tuple(faults)
