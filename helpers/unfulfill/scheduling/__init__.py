"""Runs without a person: what a schedule says (`schedule_file`), running it (`night`), what is told (`summary`)."""

from unfulfill.scheduling.night import run_schedule
from unfulfill.scheduling.schedule_file import Schedule, read_schedule

__all__ = ["Schedule", "read_schedule", "run_schedule"]
