"""The stored state of Dagster's schedules and sensors: times in the future, and the former name of a sensor.

Dagster evaluates a schedule or a sensor only after the last time that it recorded for it. If the clock was ahead at that
time, the schedule or sensor would do nothing, without a message, until that time has passed.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from indicator_defs.system import clock

# The ending of the fields of Dagster's records that contain times.
_TIMESTAMP = "_timestamp"


def end_waiting(instance: dg.DagsterInstance) -> list[str]:
    """Sets recorded times in the future to now; returns the names of the schedules and sensors concerned."""
    now = clock.now().timestamp()
    waiting = set()
    for state in instance.all_instigator_state():
        data: Any = state.instigator_data
        if data is not None and (corrected := _future_times(data, now)):
            instance.update_instigator_state(state.with_data(data._replace(**corrected)))
            waiting.add(state.name)
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, after=now):
            corrected = _future_times(tick.tick_data, now)
            instance.update_tick(tick._replace(tick_data=tick.tick_data._replace(**corrected)))
            waiting.add(state.name)
    return sorted(waiting)


def rename_sensor(instance: dg.DagsterInstance, former: str, name: str) -> None:
    """Gives the stored state of a sensor its new name: on or off, as the user set it, and the events it has seen.

    The ticks of the former name stay in Dagster's history. Does nothing if there is no state of the former name.
    """
    states = {state.name: state for state in instance.all_instigator_state()}
    state = states.get(former)
    if state is None:
        return
    if name not in states:
        instance.add_instigator_state(state._replace(origin=state.origin._replace(instigator_name=name)))
    instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)


def _future_times(record: Any, now: float) -> dict[str, float]:
    """The fields of a record that contain a time after now, each with now."""
    names = [n for n in record._fields if n == "timestamp" or n.endswith(_TIMESTAMP)]
    return {n: now for n in names if (getattr(record, n) or 0) > now}
