"""Dagster's schedules and sensors after the clock of the machine ran ahead.

Dagster looks at a schedule or a sensor again only after the last moment that it recorded for it. One that is still to
come, recorded while the clock ran ahead, would keep it still until then, without a word.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from indicator_defs.system import clock

# Fields of Dagster's records that hold moments.
_MOMENT = "_timestamp"


def end_waiting(instance: dg.DagsterInstance) -> list[str]:
    """Sets what is recorded for a moment to come to now; returns the names of the schedules and sensors concerned."""
    now = clock.now().timestamp()
    waiting = set()
    for state in instance.all_instigator_state():
        data: Any = state.instigator_data
        if data is not None and (late := _to_come(data, now)):
            instance.update_instigator_state(state.with_data(data._replace(**late)))
            waiting.add(state.name)
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, after=now):
            moments = _to_come(tick.tick_data, now)
            instance.update_tick(tick._replace(tick_data=tick.tick_data._replace(**moments)))
            waiting.add(state.name)
    return sorted(waiting)


def _to_come(record: Any, now: float) -> dict[str, float]:
    """The fields of a record that hold a moment after now, each with now."""
    names = [n for n in record._fields if n == "timestamp" or n.endswith(_MOMENT)]
    return {n: now for n in names if (getattr(record, n) or 0) > now}
